"""What the kernel of a test Mac knows: which processes live, and how many guests at once.

Each process of interest keeps a file in ~/kernel under an advisory lock for as long as it lives,
so that neither a killed one nor a reused number is ever taken for a living one.
"""
import contextlib
import fcntl
import os
import time

HOME = os.environ["HOME"]
KERNEL = f"{HOME}/kernel"
XPC = "/System/Library/Frameworks/Virtualization.framework/Versions/A/XPCServices"
GUEST = "com.apple.Virtualization.VirtualMachine"


def fault(name):
    """The text of a fault, or None."""
    try:
        with open(f"{HOME}/faults/{name}") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def once(name):
    """Whether a fault that happens once is due."""
    try:
        os.unlink(f"{HOME}/faults/{name}")
        return True
    except FileNotFoundError:
        return False


def pause(seconds):
    """Waits; ends the process when its Mac is gone."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))
        if not os.path.isdir(KERNEL):
            raise SystemExit(1)


@contextlib.contextmanager
def exclusive():
    """One at a time over what is counted."""
    with open(f"{KERNEL}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def appear(kind, text):
    """Makes this process known; the returned file is to be kept open."""
    path = f"{KERNEL}/{kind}.{os.getpid()}"
    file = open(f"{path}.new", "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(text)
    file.flush()
    os.rename(f"{path}.new", path)
    return file


def living(kind):
    """The processes of a kind that live: number and text."""
    for name in sorted(os.listdir(KERNEL)):
        if not name.startswith(f"{kind}.") or name.endswith(".new"):
            continue
        try:
            with open(f"{KERNEL}/{name}") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield int(name.split(".")[1]), file.read()
                else:
                    os.unlink(f"{KERNEL}/{name}")
        except FileNotFoundError:
            pass


def record_most(name, count):
    """Keeps the highest count ever; called under `exclusive`."""
    path = f"{KERNEL}/{name}"
    most = int(open(path).read()) if os.path.exists(path) else 0
    if count > most:
        with open(path, "w") as file:
            file.write(str(count))


def admit(name, os_name):
    """A guest's wish to run: its file, or None at the limit of two macOS guests."""
    with exclusive():
        leaked = int(fault("leak") or 0)
        macs = [text for _, text in living("guest") if text.startswith("darwin ")]
        if os_name == "darwin" and len(macs) + leaked >= 2:
            return None
        file = appear("guest", f"{os_name} {name}")
        record_most("most_guests", len(macs) + (os_name == "darwin"))
        return file


def processes():
    """Number and command line of the guests and of the tool's runs."""
    for pid, _ in living("guest"):
        yield pid + 1_000_000, f"{XPC}/{GUEST}.xpc/Contents/MacOS/{GUEST}"
    for pid, command in living("run"):
        yield pid, command
    # Guests of another user's: macOS shows them to root alone.
    for other in range(int(fault("others") or 0) if "AS_ROOT" in os.environ else 0):
        yield other + 2_000_000, f"{XPC}/{GUEST}.xpc/Contents/MacOS/{GUEST}"
