# Sourced: a Slurm cluster of one node of four CPUs on loopback, in a folder of its own, with its own keys and config. Works
# as root or not, without systemd, cgroups or accounting, with Slurm 22.05 to 24.11.
#   start_cluster DIR; …; stop_cluster   (call stop_cluster in a trap)

cluster_daemons=()

slurm_is_installed() {
  PATH=$PATH:/usr/sbin
  local program
  for program in munged slurmctld slurmd srun sbatch; do
    command -v "$program" > /dev/null || { echo "$program is not installed"; return 1; }
  done
}

# A port of loopback that nobody listens on, from below the range that connections take theirs from.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

write_config() {
  local dir=$1 host user
  host=$(uname -n)
  host=${host%%.*}
  user=$(id -un)
  cat > "$dir/slurm.conf" << CONFIG
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
KillWait=5
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONFIG
  # The daemons listen on the address of the host's name alone, which must then be loopback; else on all addresses.
  if getent ahostsv4 "$host" | grep -q '^127\.'; then
    echo "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" >> "$dir/slurm.conf"
  fi
  # From 23.11 on slurmd wants cgroups unless told otherwise; older ones do not know this word.
  local version
  version=$(slurmd -V | sed 's/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1\2/')
  [ "$version" -lt 2311 ] || echo "CgroupPlugin=disabled" > "$dir/cgroup.conf"
}

# start_daemon NAME COMMAND ...: in the background, ended by the kernel where this script is killed.
start_daemon() {
  local name=$1
  shift
  setpriv --pdeathsig KILL "$@" > "$cluster/$name.out" 2>&1 &
  cluster_daemons+=($!)
}

# Whether all daemons live; while they start, only that is waited for: seconds, not the timeouts of Slurm's clients.
daemons_live() {
  local daemon
  for daemon in "${cluster_daemons[@]}"; do kill -0 "$daemon" 2> /dev/null || return 1; done
}

# Starts the daemons and waits until the node takes jobs. Prints the logs and fails where it does not.
start_cluster() {
  cluster=$1
  mkdir -p "$cluster/state" "$cluster/spool"
  chmod 755 "$cluster" "$(dirname "$cluster")"  # munged insists
  head -c 128 /dev/urandom > "$cluster/munge.key"
  chmod 400 "$cluster/munge.key"
  write_config "$cluster"
  export SLURM_CONF=$cluster/slurm.conf
  start_daemon munged munged --foreground --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
    --pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" --seed-file="$cluster/munge.seed"
  local deadline=$((SECONDS + 60))
  until [ -S "$cluster/munge.socket" ] || ! daemons_live || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.1; done
  start_daemon slurmctld slurmctld -D -f "$SLURM_CONF"
  start_daemon slurmd slurmd -D -f "$SLURM_CONF"
  while daemons_live && [ "$SECONDS" -lt "$deadline" ]; do
    [ "$(timeout 5 sinfo --noheader --format=%t 2> /dev/null)" = idle ] && return
    sleep 0.2
  done
  tail -n 20 "$cluster"/*.out >&2
  return 1
}

# Ends all jobs and daemons, the stubborn ones too.
stop_cluster() {
  [ ${#cluster_daemons[@]} -gt 0 ] || return 0
  timeout 10 scancel --full --signal=KILL --user="$(id -un)" 2> /dev/null
  local daemon
  for _ in {1..50}; do
    [ -z "$(timeout 5 squeue --noheader 2> /dev/null)" ] && break
    sleep 0.1
  done
  for daemon in "${cluster_daemons[@]}"; do kill "$daemon" 2> /dev/null; done
  for _ in {1..50}; do
    kill -0 "${cluster_daemons[@]}" 2> /dev/null || break
    sleep 0.1
  done
  for daemon in "${cluster_daemons[@]}"; do kill -KILL "$daemon" 2> /dev/null; done
  wait "${cluster_daemons[@]}" 2> /dev/null
  cluster_daemons=()
}

# job_field JOB FIELD: what Slurm says of a job, such as JobState or ExitCode.
job_field() {
  scontrol show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}

# wait_for_job JOB SECONDS: until it has ended. Fails at the deadline.
wait_for_job() {
  local deadline=$((SECONDS + $2))
  while [ "$SECONDS" -lt "$deadline" ]; do
    case $(job_field "$1" JobState) in
      PENDING | RUNNING | COMPLETING | CONFIGURING | REQUEUED) sleep 0.2 ;;
      *) return 0 ;;
    esac
  done
  return 1
}
