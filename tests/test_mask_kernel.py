"""The compiled masks equal the plain ones."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa

from pii_audit.entities import entity_types
from pii_audit.entities.masking import mask_value
from pii_audit.recognizers.batch import Detector


def test_compiled_masks_equal_plain_ones() -> None:
    rng = random.Random(7)
    detector = Detector(entity_types())
    compared = 0
    for entity in detector.entities:
        if entity.sample is None or entity.mask.kind != "keep":
            continue
        texts = [entity.sample(rng) for _ in range(200)]
        texts += [f"电话 {text[:5]} {text[5:]}，请" for text in texts[:50]]
        spans = detector.detect(pa.array(texts), entity.headers[0] if entity.headers else None)
        everything = np.arange(len(spans))
        kept = spans.kept(everything, entity.mask.head, entity.mask.tail).to_pylist()
        assert kept == [mask_value(entity.mask, spans.text(i)) for i in everything.tolist()]
        compared += len(kept)
    assert compared > 2000
