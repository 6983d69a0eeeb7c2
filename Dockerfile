# The project's environment for `docker_env` in MLproject, with the same pins as in python_env.yaml.
#
#     docker build --tag loanflow-project .
#
# It holds no code of the project: `mlflow run --build-image` copies that into an image of its own.
FROM python:3.13.15-slim
WORKDIR /environment
COPY constraints.txt .
RUN pip install --no-cache-dir -c constraints.txt \
    mlflow==3.17.2 \
    numpy==2.4.6 \
    pandas==3.1.1 \
    pandera==0.35.0 \
    scikit-learn==1.9.1 \
    skops==0.16.0
# There is no git in this image, and the run has noted its commit before the container starts.
ENV GIT_PYTHON_REFRESH=quiet
