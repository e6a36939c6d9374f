"""What kind of file system a path lies on."""

from __future__ import annotations

from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "fuse.sshfs"}
)


def file_system_type(folder: Path, mounts: str) -> str | None:
    """The type of the mount that holds `folder`, from the text of /proc/self/mounts; None where none matches."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        mount = Path(fields[1].replace("\\040", " "))
        if (mount == folder or mount in folder.parents) and (best is None or len(mount.parts) >= best[0]):
            best = (len(mount.parts), fields[2])
    return best[1] if best else None


def is_network_file_system(folder: Path) -> bool:
    """Whether `folder` lies on a network file system, where SQLite's WAL does not work. False where unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return file_system_type(folder.resolve(), mounts) in NETWORK_FILE_SYSTEMS
