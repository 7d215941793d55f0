"""Runs the C tests of recordings in a bucket on an object store of their own: `store_test.py PROGRAM`."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from object_store import BUCKET, ObjectStore  # noqa: E402

with ObjectStore() as store:
    sys.exit(subprocess.run([sys.argv[1]], env={**os.environ, **store.environment, "S3_BUCKET": BUCKET}, timeout=120).returncode)
