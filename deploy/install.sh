#!/bin/sh
# The steps of the image, one word each, so that they can be tried on any Debian without Docker:
#   deploy/install.sh system        libraries for PDF documents (root)
#   deploy/install.sh packages DIR  a virtual environment with the packages, hashes required
#   deploy/install.sh files DIR     translations, static files with hashed names, bytecode; run with DIR's Python
set -eu
cd "$(dirname "$0")/.."

case "$1" in
system)
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
    rm -rf /var/lib/apt/lists/*
    ;;
packages)
    python3 -m venv "$2"
    "$2/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes -r requirements/base.txt -r requirements/s3.txt
    ;;
files)
    # The build asks no database and serves nobody, so any key and host will do.
    export SECRET_KEY=only-while-building-the-image-0123456789-0123456789 ALLOWED_HOSTS=build.invalid
    "$2/bin/python" manage.py compile_po
    "$2/bin/python" manage.py collectstatic --noinput --verbosity 0
    chmod -R a+rX "${STATIC_ROOT:-staticfiles}" # uploads are private, and collectstatic writes like an upload
    "$2/bin/python" -m compileall -q actors config contracts outcomes payments reports rulebook
    ;;
*)
    echo "Unknown step: $1" >&2
    exit 2
    ;;
esac
