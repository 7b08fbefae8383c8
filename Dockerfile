# syntax=docker/dockerfile:1
# One image for every role; the command says which. The model lies inside: no network at run time
# but the sources, Slack and the mail server.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
# A CPU build of torch is a tenth of the size; name its package index here if yours has one.
ARG TORCH_INDEX=""
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY service service
COPY alembic alembic
RUN python -m venv /opt/litwatch \
 && if [ -n "$TORCH_INDEX" ]; then \
      /opt/litwatch/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" \
        "$(grep '^torch==' constraints.txt)"; \
    fi \
 && /opt/litwatch/bin/pip install --no-cache-dir --constraint constraints.txt '.[postgres]'

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/litwatch litwatch
COPY --from=build /opt/litwatch /opt/litwatch
ENV PATH=/opt/litwatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/litwatch
VOLUME /var/lib/litwatch
HEALTHCHECK --interval=1m --timeout=20s --start-period=30s CMD ["litwatch", "db", "status"]
ENTRYPOINT ["litwatch"]
CMD ["run"]
