"""An environment that holds one module to train with, as a lane's interpreter: no framework, only steps."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path


def python_with(module: str, folder: Path) -> str:
    """Make the environment in `folder` with benchmarks/`module`.py in it; the path of its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    shutil.copy(Path(__file__).with_name(f"{module}.py"), sysconfig.get_path("purelib", vars={"base": str(folder)}))
    return str(folder / "bin" / "python")
