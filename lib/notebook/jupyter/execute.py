"""Executes a notebook with a kernel of this very Deno and writes it, with its outputs, as a notebook and as a page.

    execute.py DENO SOURCE NOTEBOOK PAGE TIMEOUT

DENO is the executable of the kernel, TIMEOUT the seconds of a cell at most (0: no limit). Tells on stdout what happens, a
line of JSON each: {"event": "cell", "done": 3, "total": 12}, and at the end {"event": "complete"} or {"event": "failed",
"cell": 4, "source": ..., "error": ...}. Ends, with its kernel, when its stdin closes: whoever started it is gone.
"""

import asyncio
import json
import os
import queue
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbconvert import HTMLExporter

# The kernel may say that a cell is done before its last output is out: read so many seconds longer.
LATE = 0.15

# JupyterLab's page without the scripts that it would fetch from elsewhere.
OFFLINE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
"""


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class PatientClient(NotebookClient):
    """A client that waits for late outputs."""

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        end = time.monotonic() + LATE
        while (left := end - time.monotonic()) > 0:
            try:
                message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=left))
            except queue.Empty:
                return
            late = message["msg_type"] != "status" and message["parent_header"].get("msg_id") == parent_msg_id
            if late:
                self.process_message(message, cell, cell_index)


def end_with_parent():
    """Stops as if by a signal when stdin closes."""

    def wait():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def offer_kernel(deno, folder):
    """Makes a kernel named 'deno' of this executable known, before any other of that name."""
    spec = Path(folder, "kernels", "deno")
    spec.mkdir(parents=True)
    argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "Deno", "language": "typescript"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    os.environ["JUPYTER_PATH"] = os.pathsep.join([folder, *filter(None, [os.environ.get("JUPYTER_PATH")])])


def execute(notebook, folder, timeout):
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    state = {"done": 0, "current": None}

    def started(cell, cell_index):
        state["current"] = (cell_index, cell)

    def executed(cell, cell_index, execute_reply):
        state["done"] += 1
        tell("cell", done=state["done"], total=total)

    tell("cell", done=0, total=total)
    client = PatientClient(
        notebook,
        kernel_name="deno",
        timeout=timeout or None,
        resources={"metadata": {"path": folder}},
        shutdown_kernel="immediate",
        on_cell_start=started,
        on_cell_executed=executed,
    )
    try:
        client.execute()
        return True
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        index, cell = state["current"] or (0, None)
        tell("failed", cell=index + 1, source=cell.source if cell else "", error=reason(cell, error, timeout))
        return False


def reason(cell, error, timeout):
    if isinstance(error, CellTimeoutError):
        return f"it took longer than {timeout} s (--timeout)"
    if isinstance(error, DeadKernelError):
        return "the kernel ended (out of memory, or stopped from outside)"
    for output in cell.outputs if cell else []:
        if output.output_type == "error":
            text = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
            return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return str(error)


def main():
    deno, source, target, page, timeout = sys.argv[1:]
    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    end_with_parent()
    notebook = nbformat.read(source, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        offer_kernel(deno, folder)
        if not execute(notebook, str(Path(source).resolve().parent), int(timeout)):
            sys.exit(1)
    nbformat.write(notebook, target)
    loader = DictLoader({"offline.html.j2": OFFLINE})
    exporter = HTMLExporter(template_file="offline.html.j2", extra_loaders=[loader])
    html, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": Path(source).stem}})
    Path(page).write_text(html, encoding="utf-8")
    tell("complete")


main()
