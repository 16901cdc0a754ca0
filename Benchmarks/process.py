"""What the kernel says of a process: when it began, how much memory it held at most. Linux only."""

import os
import time


def seconds_since_start() -> float:
    """Seconds since this process was started (to a hundredth), interpreter and imports included."""
    with open("/proc/self/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def peak_bytes(process: int | str = "self") -> int:
    """The largest resident set so far (VmHWM)."""
    with open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/{process}/status has no VmHWM")


def cpu_name() -> str:
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return "unknown"
