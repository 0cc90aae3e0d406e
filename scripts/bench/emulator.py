"""Instructions, in user mode and in the kernel, where the processor's counters cannot be read.

A virtual machine of one processor, emulated by QEMU (TCG, not KVM) with a clock that moves by one
nanosecond for each instruction (-icount): there the time that the kernel says a process had on the
CPU is the number of instructions executed for it, of its own and in system calls. It runs Debian's
kernel and the same programs as the rest of the benchmark, all together on that processor."""

import re
import shutil
import subprocess
from pathlib import Path

from bench import HERE, ROOT, Failure, free_port

KERNEL = "linux-image-cloud-amd64"

# `max` has all that the emulation can do. A string instruction counts once for each repetition here
# and once in all in a processor's counter, so the kernel is told to copy without (no erms; 112 is
# its rep_good): its loops of moves are at most dearer than a processor's copies.
QEMU = ["qemu-system-x86_64", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-smp", "1",
        "-cpu", "max,-erms", "-m", "4G", "-nodefaults", "-nographic", "-no-reboot",
        "-serial", "stdio"]
BOOT = "console=ttyS0 quiet panic=-1 tsc=reliable tsc_early_khz=1000000 clearcpuid=112"
LONGEST = 3600  # seconds for a shape; a machine that hangs must not hang the benchmark

# As SCHED_BATCH a process that is sent something waits for the sender's turn to end, as if it had a
# core of its own; otherwise it would interrupt the sender at once.
START = """#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin
busybox mount -t proc proc /proc
busybox --install -s /usr/bin
mount -t devtmpfs dev /dev
ifconfig lo 127.0.0.1 up
ulimit -n 4096
cd {root}
spent() {{ echo "spent $1" $(cut -d ' ' -f 1 /proc/$2/task/*/schedstat); }}
chrt -b 0 {backend} &
"""
MEASURE = """
chrt -b 0 {command} &
pid=$!
for i in $(seq 100); do chrt -b 0 {once} >/dev/null 2>&1 && break; sleep 0.1; done
chrt -b 0 {warm_up} >/dev/null
spent {name} $pid
chrt -b 0 {load} && spent {name} $pid
kill $pid
wait $pid
"""
END = "\npoweroff -f\n"


class Emulator:
    """`kernel` is the version of the kernel in it."""

    def __init__(self, bench):
        bench.run([ROOT / "scripts/install-deps.sh", "emulator"])
        self._bench = bench
        self._root = bench.dir / "guest"
        for directory in ("dev", "proc", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64",
                          "var/log/nginx"):
            (self._root / directory).mkdir(parents=True)
        for directory in ("bin", "sbin", "lib", "lib64"):
            (self._root / directory).symlink_to(f"usr/{directory}")
        self._image = bench.dir / "guest.cpio"
        self._kernel_image = kernel_image(bench)
        self.kernel = self._kernel_image.name.replace("vmlinuz-", "")
        for program in (bench.dir / "load", bench.dir / "backend",
                        ROOT / bench.build / "cmd/balancer/balancer",
                        *map(shutil.which, ("busybox", "chrt", "nginx", "haproxy"))):
            self._take_program(Path(program))
        for file in ("/etc/passwd", "/etc/group", *HERE.glob("*.txt")):
            self._take(Path(file))

    def count(self, shape, contenders):
        """{contender's name: instructions a request}"""
        backend, port = free_port(), free_port()
        script = START.format(root=ROOT, backend=f"{self._bench.dir}/backend {backend}")
        for contender in contenders:
            command = self._bench.configure(contender, port, backend)
            self._take(self._bench.conf(contender))

            def load(requests):
                return words(self._bench.load_command(shape, contender, port, requests))
            script += MEASURE.format(
                name=contender.name, command=words(command), once=load(1),
                warm_up=load(contender.warm_up or shape.emulated // 10), load=load(shape.emulated))
        init = self._root / "init"
        init.write_text(script + END)
        init.chmod(0o755)
        printed = self._run()
        counts = {}
        for contender in contenders:
            spent = [sum(map(int, figures.split())) for figures in
                     re.findall(rf"^spent {contender.name} ([\d ]+)", printed, re.MULTILINE)]
            if len(spent) != 2 or spent[0] == spent[1]:
                raise Failure(f"the emulated machine: {printed}")
            counts[contender.name] = (spent[1] - spent[0]) / shape.emulated
        return counts

    def _run(self):
        """What the machine printed until it was switched off."""
        with open(self._image, "wb") as image:
            subprocess.run("find . | busybox cpio -o -H newc", shell=True, check=True,
                           cwd=self._root, stdout=image, stderr=subprocess.DEVNULL)
        command = [*QEMU, "-kernel", self._kernel_image, "-initrd", self._image, "-append", BOOT]
        try:
            return subprocess.run(command, check=True, text=True, errors="replace",
                                  timeout=LONGEST, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        except subprocess.SubprocessError as error:
            raise Failure(f"{error}: {error.output}") from error

    def _take_program(self, path):
        """The program with the libraries that it is linked to, each to where it is here."""
        self._take(path)
        libraries = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        for library in re.findall(r"/\S+", libraries):
            self._take(Path(library))

    def _take(self, path):
        into = self._root / path.relative_to("/")
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, into)


def words(command):
    return " ".join(map(str, command))


def kernel_image(bench):
    """Debian's, taken from its package without installing it; kept for the next time."""
    depends = bench.run(["apt-cache", "depends", KERNEL])
    found = re.search(r"Depends: (linux-image-\S+)", depends)
    if not found:
        raise Failure(f"apt knows no {KERNEL}; apt-get update may help")
    package = found[1]
    image = ROOT / ".cache" / package.replace("linux-image-", "vmlinuz-")
    if not image.exists():
        bench.run(["sh", "-c", f"cd {bench.dir} && apt-get -q download {package}"])
        bench.run(["sh", "-c", f"dpkg-deb -x {bench.dir}/{package}_*.deb {bench.dir}/kernel"])
        image.parent.mkdir(exist_ok=True)
        shutil.copy(bench.dir / "kernel/boot" / image.name, image)
    return image
