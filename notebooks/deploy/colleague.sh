docker run --detach --name loan-approval --privileged --publish 8000:8000 \
  --env DISABLE_NGINX=true loan-approval
