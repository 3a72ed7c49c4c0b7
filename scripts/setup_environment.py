#!/usr/bin/env python3
"""Make `.venv`: CPython 3.14 with whitehot, its tests' and its benchmarks' needs installed.

Run by `make`; needs any Python 3.9 or newer with pip. A second run notices that nothing changed and
returns at once. A Python 3.14 is taken from the first of these that has one:

1. `$WHITEHOT_PYTHON`
2. `python3.14` on the path
3. what uv has or can download
4. on Debian-like machines, the distribution's newer suites, unpacked into `.python/` (nothing is
   installed on the machine itself). That way also brings CPython's test suite and a debug build.

On such machines an emulator of AArch64 processors is unpacked there too; without one, what needs it is not tested.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / ".python"
TOOLS = HOME / "tools"
VENV = ROOT / ".venv"
STAMP = VENV / "whitehot-setup"
NEWER_SUITES = "sid forky"
PACKAGES = ("python3.14-venv", "python3.14-dev", "libpython3.14-testsuite", "python3.14-dbg")
ROOTFS = HOME / "debian"
#: In which packages QEMU's program without libraries is, in the order in which they are tried: that depends on the suite.
EMULATOR_PACKAGES = {"qemu-user-static": "usr/bin/qemu-aarch64-static", "qemu-user": "usr/bin/qemu-aarch64"}
EMULATOR = HOME / "emulator" / "qemu-aarch64"
TRIPLET = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"


def run(*command: object, quiet: bool = False, folder: pathlib.Path | None = None) -> str:
    """Run a command; its standard output. Raises CalledProcessError with the output shown."""
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=folder)
    if done.returncode:
        if not quiet:
            sys.stderr.write(f"failed: {' '.join(words)}\n{done.stdout}\n")
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout)
    return done.stdout


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def fingerprint() -> str:
    """What the environment was made from: a change of any of it makes it anew."""
    digest = hashlib.sha256()
    for path in (pathlib.Path(__file__), ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    digest.update(os.environ.get("WHITEHOT_PYTHON", "").encode())
    return digest.hexdigest()


def is_python_314(command: object) -> bool:
    test = "import sys; sys.exit(sys.version_info[:2] != (3, 14) or sys.implementation.name != 'cpython')"
    try:
        run(command, "-c", test, quiet=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def tool(name: str, package: str | None = None) -> pathlib.Path:
    """A command from PyPI, installed beside the checkout and not into the machine's Python."""
    path = TOOLS / "bin" / name
    if not path.exists():
        run(sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", TOOLS, package or name)
    return path


def environment_python() -> str | None:
    named = os.environ.get("WHITEHOT_PYTHON")
    if not named:
        return None
    if not is_python_314(named):
        sys.exit(f"setup: WHITEHOT_PYTHON={named} is not a working CPython 3.14")
    return named


def path_python() -> str | None:
    found = shutil.which("python3.14")
    return found if found and is_python_314(found) else None


def uv_python() -> str | None:
    uv = tool("uv")
    try:
        found = run(uv, "python", "find", "--no-project", "cpython@3.14", quiet=True).strip()
    except subprocess.CalledProcessError:
        try:
            run(uv, "python", "install", "3.14", quiet=True)
            found = run(uv, "python", "find", "--no-project", "cpython@3.14", quiet=True).strip()
        except subprocess.CalledProcessError:
            return None
    return found if is_python_314(found) else None


def debian_sources(suites: str | None = None) -> str:
    """The machine's own deb822 entry for its Debian mirror, pointed at other suites where some are named. Raises LookupError."""
    for path in sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.sources")):
        for entry in path.read_text().split("\n\n"):
            lines = [line for line in entry.splitlines() if not line.startswith("#")]
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
            uri = fields.get("URIs", "").strip()
            if uri.rstrip("/").endswith("/debian"):
                return deb822(uri, suites or fields["Suites"].strip(), fields.get("Signed-By", "").strip())
    listed = pathlib.Path("/etc/apt/sources.list")
    for line in listed.read_text().splitlines() if listed.exists() else ():
        words = [word for word in line.split() if not word.startswith("[")]
        if words[:1] == ["deb"] and words[1].rstrip("/").endswith("/debian"):
            return deb822(words[1], suites or words[2], "")
    raise LookupError("no Debian mirror among this machine's apt sources")


def deb822(uri: str, suites: str, key: str) -> str:
    made = f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\n"
    return made + (f"Signed-By: {key}\n" if key else "")


def apt_options(apt: pathlib.Path, sources: str) -> tuple[str, ...]:
    """Words that have apt-get use these sources and keep all it knows and fetches in a folder of its own."""
    for folder in ("lists/partial", "cache/archives/partial", "parts"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "list.sources").write_text(sources)
    return (
        f"-oDir::Etc::sourcelist={apt / 'list.sources'}",
        f"-oDir::Etc::sourceparts={apt / 'parts'}",
        f"-oDir::State::Lists={apt / 'lists'}",
        "-oDir::State::status=/dev/null",
        f"-oDir::Cache={apt / 'cache'}",
        "-oAPT::Sandbox::User=root",
        "-oAPT::Install-Recommends=false",
        "-oAcquire::Languages=none",
        "-oAcquire::Retries=3",
    )


def debian_python() -> str | None:
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return None
    python = ROOTFS / "usr/bin/python3.14"
    if is_python_314(python):
        return str(python)
    say("fetching Python 3.14 from Debian's newer suites into .python/")
    shutil.rmtree(ROOTFS, ignore_errors=True)
    apt = HOME / "apt"
    try:
        options = apt_options(apt, debian_sources(NEWER_SUITES))
    except LookupError as error:
        say(str(error))
        return None
    run("apt-get", *options, "-qq", "update")
    run("apt-get", *options, "-qq", "install", "--yes", "--download-only", *PACKAGES)
    for package in sorted((apt / "cache/archives").glob("*.deb")):
        run("dpkg", "-x", package, ROOTFS)
    patchelf = tool("patchelf")
    libraries = ROOTFS / "usr/lib" / TRIPLET
    loaders = [*(ROOTFS / "usr/lib64").glob("ld-linux-*"), *(ROOTFS / "usr/lib").glob("ld-linux-*")]
    for name in ("python3.14", "python3.14d"):
        binary = ROOTFS / "usr/bin" / name
        run(patchelf, "--set-interpreter", loaders[0], binary)
        run(patchelf, "--force-rpath", "--set-rpath", libraries, binary)
    return str(python) if is_python_314(python) else None


def debian_emulator() -> None:
    """Have an emulator of AArch64 processors in `.python/emulator/`, from the machine's own suite. Where that fails, say why."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get") or not shutil.which("dpkg"):
        return
    apt = HOME / "apt-emulator"
    try:
        if is_working(EMULATOR):
            return
        say("fetching QEMU's AArch64 emulator from Debian into .python/")
        options = apt_options(apt, debian_sources())
        run("apt-get", *options, "-qq", "update")
        for package, path in EMULATOR_PACKAGES.items():
            run("apt-get", *options, "-qq", "download", package, folder=apt / "cache/archives")
            for file in sorted((apt / "cache/archives").glob(f"{package}_*.deb")):
                run("dpkg", "-x", file, apt / "unpacked")
            if is_working(apt / "unpacked" / path):
                EMULATOR.parent.mkdir(exist_ok=True)
                shutil.move(str(apt / "unpacked" / path), str(EMULATOR))
                return
        say("QEMU's AArch64 emulator does not run here")
    except (LookupError, OSError, subprocess.CalledProcessError) as error:
        say(f"no emulator of AArch64 processors: {error}")
    finally:
        shutil.rmtree(apt, ignore_errors=True)


def is_working(emulator: pathlib.Path) -> bool:
    try:
        run(emulator, "--version", quiet=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def find_python() -> str:
    for source in (environment_python, path_python, uv_python, debian_python):
        found = source()
        if found:
            return found
    sys.exit(
        "setup: no CPython 3.14 found. Install one (python.org, uv, your distribution) and either put "
        "python3.14 on the path or set WHITEHOT_PYTHON to it."
    )


def package_options() -> list[str]:
    """uv's words for what the machine's pip is told about extra indexes and certificates."""
    options: list[str] = []
    try:
        listing = run(sys.executable, "-m", "pip", "config", "list", quiet=True)
    except subprocess.CalledProcessError:
        return options
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        value = value.strip("'\"")
        if name == "global.index-url":
            options += ["--default-index", value]
    return options


def main() -> None:
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and (VENV / "bin/python").exists():
        return
    HOME.mkdir(exist_ok=True)
    # First of all: uv would find the Python of the environment that is about to go.
    shutil.rmtree(VENV, ignore_errors=True)
    python = find_python()
    say(f"CPython 3.14: {python}")
    run(python, "-m", "venv", "--without-pip", VENV)
    uv = tool("uv")
    target = VENV / "bin/python"
    os.environ["UV_HTTP_TIMEOUT"] = "180"
    os.environ["UV_NATIVE_TLS"] = "1"
    say("installing whitehot and the development tools into .venv")
    run(uv, "pip", "install", "--quiet", *package_options(), "--python", target, "--editable", f"{ROOT}[dev]")
    # What a package manager does as it installs: without compiled files each process would compile anew where none may be written.
    run(target, "-m", "compileall", "-q", ROOT / "src", quiet=True)
    debian_emulator()
    say("letting LLVM make what an installed package brings along")
    subprocess.run([target, "-m", "whitehot", "prepare"], check=False)
    STAMP.write_text(wanted)
    say("done: .venv/bin/python")


if __name__ == "__main__":
    main()
