#!/usr/bin/env bash
# Runs a command beside podman's Docker socket, for machines without Docker:
#   scripts/podman.sh COMMAND [ARG ...]
# installs podman from Debian's packages (as root), keeps everything else in
# .tools/podman, and gives the command DOCKER_HOST and CONTAINER_HOST_ADDRESS, the
# address of this machine as containers see it. It ends what it started.
#
# The base image is a stand-in. The functions are static binaries, so all they
# need of provided.al2023 are its folders and a shell to start them; the runtime
# interface emulator is the one that SAM brings.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .tools
home=$(cd .tools && pwd -P)/podman # podman remembers it, and .tools may be a link
packages=(podman runc busybox-static netavark aardvark-dns iptables nftables uidmap)

if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  echo "installing ${packages[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
mkdir -p "$home"
# runc, cgroupfs and modest limits also work where the process is in a container
# itself.
cat >"$home/containers.conf" <<'CONF'
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=1024:1024"]
CONF
export CONTAINERS_CONF=$home/containers.conf
podman=(podman --root "$home/root" --runroot "$home/run")

case $(uname -m) in
  x86_64) image=public.ecr.aws/lambda/provided:al2023-x86_64 ;;
  aarch64) image=public.ecr.aws/lambda/provided:al2023-arm64 ;;
  *) echo "no Lambda architecture is called $(uname -m)" >&2; exit 1 ;;
esac
if ! "${podman[@]}" image exists "$image"; then
  echo "building a stand-in for $image"
  rootfs=$(mktemp -d)
  mkdir -p "$rootfs"/{bin,dev,etc,proc,sys,tmp,var/task,var/runtime}
  cp "$(command -v busybox)" "$rootfs/bin/busybox"
  for tool in sh cat chmod env ln ls mkdir mv; do ln -s busybox "$rootfs/bin/$tool"; done
  tar -C "$rootfs" -c . | "${podman[@]}" import - "$image" >/dev/null 2>&1
  rm -rf "$rootfs"
fi

"${podman[@]}" system service --time=0 "unix://$home/podman.sock" >"$home/service.log" 2>&1 &
pid=$!
# podman leaves its storage mounted upon itself; a checkout could not be removed.
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; umount "$home/root/overlay" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  if [ -S "$home/podman.sock" ]; then break; fi
  kill -0 "$pid" 2>/dev/null || { cat "$home/service.log" >&2; exit 1; }
  sleep 0.1
done
gateway=$("${podman[@]}" network inspect podman | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["subnets"][0]["gateway"])')
DOCKER_HOST=unix://$home/podman.sock CONTAINER_HOST_ADDRESS=$gateway "$@"
