#!/usr/bin/env python3
"""Writes fastavro.hex: the samples of samples.c as fastavro encodes them, two lines a kind.

    pip install fastavro && tests/unit/event/golden.py > tests/unit/event/fastavro.hex
"""
import io
import json
import pathlib
import uuid

import fastavro

KINDS = """call-started call-ended recording-available call-recorded call-transcribed call-enriched
call-analyzed call-todos-extracted call-step-failed call-step-skipped call-report-due
call-reported call-rerun-requested call-deleted live-turn live-ended""".split()
FOLDER = pathlib.Path(__file__).parents[3] / "schemas/avro"


class Sampler:
    def __init__(self, full):
        self.full, self.n = full, 0

    def value(self, name, t):
        nullable = isinstance(t, list)
        t = t[1] if nullable else t
        self.n += 1
        if nullable and not self.full:
            return None
        kind = t["type"] if isinstance(t, dict) else t
        if kind == "array":
            return [self.record(t["items"]["fields"]) for _ in range(2)] if self.full else []
        if kind == "enum":
            return t["symbols"][self.n % len(t["symbols"])]
        if isinstance(t, dict) and t.get("logicalType") == "uuid":
            n = self.n
            return uuid.UUID(bytes=bytes([0x01, 0x8F, 0, 0, 0, n, 0x70, n, 0x80, n] + [0] * 6))
        if kind == "boolean":
            return self.full
        if kind == "string":
            return f"{name} {self.n} \u00e9"
        if nullable:
            return 1 << (self.n % 31)
        return -5000000000 * self.n if kind == "long" else -self.n

    def record(self, fields):
        return {f["name"]: self.value(f["name"], f["type"]) for f in fields}


for kind in KINDS:
    schema = json.loads((FOLDER / f"{kind}.avsc").read_text())
    parsed = fastavro.parse_schema(schema)
    for full in (True, False):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, parsed, Sampler(full).record(schema["fields"]))
        print(out.getvalue().hex())
