# One image for web, worker and beat; docker-compose.yml says which command each runs.

FROM node:22.23-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11.15-slim
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/collected \
    TMPDIR=/uploads \
    WEB_CONCURRENCY=2
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app passline \
 && install --directory --owner=passline --mode=0700 /data /uploads
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# The image has no database and no secrets: these are for this one step only.
RUN --mount=type=bind,from=assets,source=/assets/node_modules,target=/app/node_modules \
    python -m dashboard.embedded.assets --place-only \
 && DATABASE_URL=postgresql://build SECRET_KEY=build \
    CREDENTIALS_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --no-input
USER passline
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config=python:dashboard.gunicorn", "--bind=0.0.0.0:8000", "dashboard.wsgi"]
