FROM python:3.11-slim

RUN useradd --create-home --uid 10001 seespot
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --no-compile --requirement requirements.lock \
    && (python -m compileall -q -j 0 /usr/local/lib/python3.11/site-packages || true)
COPY app.py ./
COPY .streamlit .streamlit
COPY assets assets
COPY models models
COPY pages pages
COPY xai_core xai_core

ENV SEESPOT_CACHE=/home/seespot/cache
USER seespot
VOLUME /home/seespot/cache
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["python", "-m", "xai_core", "run", "--address", "0.0.0.0"]
