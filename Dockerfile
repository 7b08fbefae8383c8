# One image for every role; the command says which. The model lies inside: at run time the network
# is for the sources, Slack and the mail server only.
#
#   docker build -t litwatch --build-arg TORCH_INDEX=... .
#
# For builds that repeat, name the base by its digest: --build-arg BASE=python@sha256:...
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
# The index of PyTorch's CPU builds, as its "Get Started" page has it: other builds are five times
# the size of all the rest. "default": whichever pip finds.
ARG TORCH_INDEX
# Extras of pyproject.toml, with commas between.
ARG EXTRAS=postgres
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
SHELL ["/bin/sh", "-eu", "-c"]
WORKDIR /src
RUN python3 -m venv /opt/litwatch
ENV PATH=/opt/litwatch/bin:$PATH
# What Litwatch stands on, in a layer of its own that changes seldom.
COPY pyproject.toml constraints.txt ./
COPY deploy/image/requirements.py deploy/image/
RUN python deploy/image/requirements.py "$EXTRAS" > requirements.txt; \
    if [ "${TORCH_INDEX:?name the index of CPU builds, or say: default}" != default ]; then \
      pip install --no-deps --index-url "$TORCH_INDEX" "$(grep '^torch==' constraints.txt)"; \
    fi; \
    pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY service service
COPY alembic alembic
RUN pip install --no-deps .
COPY deploy/image/slim.sh deploy/image/
RUN sh deploy/image/slim.sh /opt/litwatch
# What the image cannot be without: the model, and the whole way from a source to a digest.
COPY deploy/image/proof.py deploy/image/
RUN python deploy/image/proof.py; \
    litwatch demo --folder "$(mktemp --directory)"

FROM ${BASE}
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="litwatch" \
      org.opencontainers.image.description="A literature monitor for biomedical groups" \
      org.opencontainers.image.source="https://github.com/litwatch/litwatch" \
      org.opencontainers.image.documentation="https://github.com/litwatch/litwatch/tree/main/deploy" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN useradd --uid 10001 --create-home --home-dir /var/lib/litwatch --shell /usr/sbin/nologin litwatch
COPY --from=build /opt/litwatch /opt/litwatch
# Nothing is written but in the working folder and in /tmp; what Python compiles is there already.
ENV PATH=/opt/litwatch/bin:$PATH \
    HOME=/var/lib/litwatch \
    HF_HUB_OFFLINE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/litwatch
VOLUME /var/lib/litwatch
EXPOSE 8080
# The database is there, and of this version. For the web pages, compose.yaml asks /readyz instead.
HEALTHCHECK --interval=1m --timeout=20s --start-period=1m --retries=3 CMD ["litwatch", "status"]
ENTRYPOINT ["litwatch"]
CMD ["run"]
