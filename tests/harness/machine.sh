#!/bin/bash
# machine.sh can | up DIR | in DIR COMMAND... | down DIR: a machine for tests: a real systemd as PID 1
# of its own namespaces, over this machine's root as a read-only lower layer. For root.
#
#   can   exits 0 where it is possible; else prints why not
#   up    boots it, and prints its state. What stands below DIR/m is its root
#
# It can touch neither the clock nor the kernel's settings of the machine that it runs on: the
# capabilities for that are dropped, and /proc/sys is read-only, before systemd is started.
set -eu
command=$1

cgroup2() { # where the second version of control groups is mounted
  for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ "$(stat -f -c %T "$d" 2>/dev/null)" = cgroup2fs ] && [ -w "$d" ] && echo "$d" && return
  done
  return 1
}

enter() { exec nsenter -t "$(cat "$W/leader")" -m -p -u -i -n -C -- "$@"; }

if [ "$command" = can ]; then
  why() { echo "$*"; exit 1; }
  [ "$(id -u)" = 0 ] || why "not root"
  [ -x /lib/systemd/systemd ] || why "systemd is not installed"
  command -v nsenter unshare setpriv pgrep >/dev/null || why "util-linux or procps is not installed"
  cgroup2 >/dev/null || why "there is no writable cgroup2"
  unshare --fork --pid --mount --uts --ipc --net --cgroup true 2>/dev/null ||
    why "namespaces may not be made here"
  t=$(mktemp -d)
  unshare --mount bash -euc 'mount -t tmpfs tmpfs "$1"; mkdir "$1"/{u,w,m}
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/u,workdir=$1/w" "$1/m"' _ "$t" 2>/dev/null || {
    rmdir "$t"; why "an overlay over / may not be mounted here"; }
  rmdir "$t"
  exit 0
fi

W=$2
shift 2
case $command in
up)
  CG=$(cgroup2)/retentiond-test-$(basename "$W")
  mkdir -p "$W" "$CG"
  echo "$CG" >"$W.cgroup"
  mount -t tmpfs -o size=1g,mode=755 retentiond-test "$W"
  mkdir -p "$W"/{up/etc/systemd/system,work,m}
  ln -s /lib/systemd/system/basic.target "$W/up/etc/systemd/system/default.target"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$W/up,workdir=$W/work" "$W/m"
  (
    echo $BASHPID >"$CG/cgroup.procs"
    exec unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup --propagation private \
      bash -euc '
        cd "$1/m"; mount --bind . .; cd "$1/m"
        mount -t proc proc proc; mount -t sysfs -o ro sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup
        mount -t tmpfs tmpfs run; mount -t tmpfs -o mode=1777 tmpfs tmp; mount -t tmpfs -o mode=755 tmpfs dev
        for d in null zero full random urandom tty; do : >dev/$d; mount --bind /dev/$d dev/$d; done
        mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
        mount -t tmpfs -o mode=1777 tmpfs dev/shm
        mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
        pivot_root . mnt; umount -l /mnt; mount --make-rshared /

        exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-syslog,-wake_alarm,-mac_admin,-mac_override,-audit_control \
          env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=retentiond-test \
          /lib/systemd/systemd --system --show-status=0' _ "$W" </dev/null >"$W/console.log" 2>&1
  ) &
  echo $! >"$W/pid"
  for _ in $(seq 300); do
    L=$(pgrep -P "$(cat "$W/pid")" || true)
    if [ -n "$L" ]; then
      echo "$L" >"$W/leader"
      state=$( (enter systemctl is-system-running) 2>/dev/null || true)
      case $state in running | degraded) echo "$state"; exit 0 ;; esac
    fi
    sleep 0.05
  done
  echo "the machine did not boot"
  cat "$W/console.log"
  exit 1
  ;;
in) enter "$@" ;;
down)
  p=$(cat "$W/pid")
  [ ! -e "$W/leader" ] || kill -s SIGRTMIN+4 "$(cat "$W/leader")" 2>/dev/null || true
  for _ in $(seq 100); do [ -d "/proc/$p" ] || break; sleep 0.05; done
  [ ! -e "$W/leader" ] || kill -KILL "$(cat "$W/leader")" 2>/dev/null || true
  umount "$W/m" 2>/dev/null || umount -l "$W/m" || true
  umount "$W" 2>/dev/null || umount -l "$W" || true
  rmdir "$W" || true
  find "$(cat "$W.cgroup")" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  rm -f "$W.cgroup"
  ;;
esac
