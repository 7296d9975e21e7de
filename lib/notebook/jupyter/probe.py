"""Tells as JSON which parts of Jupyter this Python has: a version, or null where one is missing."""

import json
import sys
from importlib import metadata

NAMES = ["nbclient", "nbconvert", "jupyterlab", "notebook"]


def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


print(json.dumps({"python": sys.executable, "versions": {name: version(name) for name in NAMES}}))
