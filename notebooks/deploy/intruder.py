"""What lesson 15 runs in the container of a model: try to change it, and say how far one comes."""

import os

with open("/proc/self/status") as status:
    (rights,) = [line.split()[1] for line in status if line.startswith("CapEff")]
try:
    with open("/opt/ml/model/MLmodel", "a"):
        verdict = "can be changed"
except OSError as error:
    verdict = error.strerror
print(f"user {os.getuid()}: {int(rights, 16).bit_count()} capabilities, model: {verdict}")
