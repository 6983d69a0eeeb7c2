#!/usr/bin/env bash
# mlflow 2.0.7 from npm (with Node), which is not MLflow's, at a server of MLflow 3.17.2: the first call of its page, Experiments.list,
# is answered 404, since MLflow has no such call any more; a run starts in 1970; a NaN is sent as null and refused
# with "Missing value"; the same metric as a number arrives.
set -euo pipefail
folder=$(mktemp -d)
server=
stop() { if [ -n "$server" ]; then kill -- "-$server"; wait "$server" 2> /dev/null || true; fi; rm -rf "$folder"; }
trap stop EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
npm install --silent --no-audit --no-fund mlflow@2.0.7 > /dev/null
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
port=$(python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
setsid environment/bin/mlflow server --host 127.0.0.1 --port "$port" --workers 1 \
  --backend-store-uri sqlite:///store.db > log 2>&1 &
server=$!
for _ in $(seq 300); do curl --silent --fail "http://127.0.0.1:$port/health" > /dev/null && break; sleep 0.2; done
cat > ask.js <<'EOF'
const MLflow = require('mlflow')
const {Experiments, Runs} = new MLflow({endpoint: `http://127.0.0.1:${process.argv[2]}`})
const said = call => call.then(() => 'accepted', error => {
  const {status, data} = JSON.parse(`${error.message ?? error}`.replace(/^Error: /, ''))
  return `${status} ${data ? data.message.split(' for ')[0] : ''}`.trim()
})
const main = async () => {
  const lines = [`list: ${await said(Experiments.list())}`]
  const {experiment_id} = await Experiments.create({name: 'loans'})
  const {run} = await Runs.create({experiment_id})
  lines.push(`starts in ${new Date(Number(run.info.start_time)).getUTCFullYear()}`)
  for (const value of [0.7, NaN]) {
    const metric = {run_id: run.info.run_id, key: 'roc_auc', value, timestamp: 1000, step: 0}
    lines.push(`${value}: ${await said(Runs.logMetric(metric))}`)
  }
  require('fs').writeFileSync('found', lines.join('\n') + '\n')
}
main()
EOF
node ask.js "$port" > /dev/null
cat found
diff found - <<'EOF'
list: 404
starts in 1970
0.7: accepted
NaN: 400 Missing value
EOF
