# One image for web, worker, beat and the preparation of the database. The steps are in deploy/install.sh.

FROM node:22-slim AS ui-kit
WORKDIR /ui-kit
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS packages
WORKDIR /build
COPY deploy/install.sh deploy/
COPY requirements/base.txt requirements/s3.txt requirements/
RUN deploy/install.sh packages /opt/venv

FROM python:3.13-slim
WORKDIR /srv/utfall
COPY deploy/install.sh deploy/
RUN deploy/install.sh system \
 && groupadd --gid 10001 utfall && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin utfall \
 && install -d -o utfall -g utfall /data/media
COPY --from=packages /opt/venv /opt/venv
COPY . .
COPY --from=ui-kit /ui-kit/node_modules node_modules
RUN deploy/install.sh files /opt/venv

# The code belongs to root: the running process can write only to its media and to /tmp.
USER utfall
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/data/media XDG_CACHE_HOME=/tmp
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "config.wsgi:application"]
