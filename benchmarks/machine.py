"""The head of RESULTS.md: what the figures were measured on."""

from datetime import UTC, datetime
from importlib import metadata

from dlprof.profilers.collectors.host import machine

PACKAGES = ("torch", "tensorflow", "keras", "jax", "numpy", "py-spy")


def main() -> None:
    found = machine()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    print("# Results\n")
    print("What `make bench` writes: under each command its date and what it printed. Figures side by side in")
    print("one run, with their spread; absolute times are this machine's alone. What each measures stands at the")
    print("top of its script.\n")
    cores, gpus = found["cores"]["usable"], len(found["gpus"])
    print(f"{datetime.now(UTC):%Y-%m-%d}, {found['cpu']}, {cores} cores, {gpus} GPUs, {found['os']}")
    print(f"\n{versions}, load at start {found['load_at_start'][0]:.1f}")


if __name__ == "__main__":
    main()
