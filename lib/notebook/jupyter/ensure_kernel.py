"""Installs the Deno kernel where Jupyter does not know it, or where the executable that it names is gone.

    ensure_kernel.py DENO

DENO is the executable that the kernel gets (Deno writes its own path, or that of a link to it on the PATH). Tells as JSON what was done and which executable the kernel has.
"""

import json
import shutil
import subprocess
import sys

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel


def executable():
    """What the kernel named 'deno' runs; None where there is no such kernel."""
    try:
        return KernelSpecManager().get_kernel_spec("deno").argv[0]
    except NoSuchKernel:
        return None


def main():
    deno = sys.argv[1]
    before = executable()
    if before is not None and shutil.which(before):
        print(json.dumps({"kernel": "there", "executable": before}))
        return
    made = subprocess.run([deno, "jupyter", "--install", "--force"], capture_output=True, text=True)
    after = executable()
    if made.returncode != 0 or after is None or not shutil.which(after):
        sys.exit(made.stderr or f"the kernel runs {after}, which is not there")
    print(json.dumps({"kernel": "renewed" if before else "installed", "executable": after}))


main()
