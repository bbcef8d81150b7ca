//! What the manual and `--help` say beyond the options.

use evenkeel_common::Exit;
use evenkeel_common::manual::Manual;

/// Exit codes, examples and sections of the man page.
pub const MANUAL: Manual = Manual {
    exits: &[
        (
            Exit::Done,
            "the command ended with 0; status, history, break, down, sweep: done; held: the lock is held; doctor: the store \
             can be used",
        ),
        (
            Exit::No,
            "break: nobody holds the lock; held: the lock is not held; doctor: something has to be mended",
        ),
        (Exit::Usage, "bad arguments"),
        (
            Exit::Failed,
            "the command runs under a lesser lock than it asks for; status, history, break, held, sweep: failed",
        ),
        (Exit::Partial, "sweep: a take-down failed"),
        (
            Exit::Busy,
            "the lock was not free in time, or the environment is kept and was started from something else (-E \
             changes this code)",
        ),
        (
            Exit::Wrapper,
            "envlock itself failed, and the command, or with down the take-down, was not run; or the lock in a store was \
             lost, and the command was stopped",
        ),
        (Exit::NotRunnable, "the command could not be run"),
        (Exit::NotFound, "the command was not found"),
    ],
    examples: &[
        ("envlock test -- make test", "run the tests alone; wait up to a minute for others to finish"),
        ("envlock --no-wait --purpose nightly test -- ./nightly", "give up at once when the lock is held"),
        (
            "envlock --shared --setup './stack up' --teardown './stack down' test -- make test",
            "share one environment: the first user starts it, the last one takes it down",
        ),
        (
            "envlock --slots 3 test -- sh -c 'PORT=$((5434 + ENVLOCK_SLOT)) ./suite'",
            "at most three at once, each with a port of its own",
        ),
        (
            "envlock --shared --setup './stack up' --teardown './stack down' --setup-key \"files=$(cat *.yml | \
             cksum | cut -d' ' -f1)\" --keep-for 10m test -- make test",
            "keep the environment for ten minutes, for users of the same files",
        ),
        ("envlock down test", "take down what is kept"),
        ("*/5 * * * * envlock sweep", "in a crontab: take down what nobody uses any more"),
        (
            "envlock --after './save-logs $ENVLOCK_EXIT' test -- make test",
            "save the logs while the lock is held",
        ),
        ("envlock --with dev test -- ./migrate", "lock dev as well"),
        (
            "envlock --via etcd://ci1:2379,ci2:2379,ci3:2379/engine1 test -- make test",
            "lock test for all hosts that use the same etcd and prefix",
        ),
        ("envlock doctor --via etcds://ci1:2379/engine1", "see whether that store can be used, and why not"),
        ("flock ~/.netra/locks/test.lock ./old-script", "scripts that use flock(1) take part"),
        ("envlock status test", "show who holds the lock, since when and why, and who waits"),
        ("envlock break test --reason 'hangs since noon'", "end the command that holds the lock"),
        (
            "envlock held test || exec envlock test -- \"$0\"",
            "in a script: take the lock unless the script already runs under it",
        ),
    ],
    sections: &[
        (
            "SET-UP AND TAKE-DOWN",
            "All users of an environment give the same --setup and --teardown. Both are run by a shell while \
             nobody else holds the lock; their stdin is empty, their stdout goes to stderr, and they run in a \
             process group of their own, so they cannot read from the terminal. A set-up that fails ends envlock \
             with its code, after the take-down. A take-down that fails ends envlock with its code, unless the \
             command failed, and leaves the environment dirty; so does a holder that dies. The next user then \
             takes it down before the set-up: with the take-down that was recorded, or its own where none is, or \
             that one fails.\n\n\
             Users of the lock that have neither --setup nor --teardown, such as flock(1), do not use the \
             environment: the first user of the environment waits for them before it sets up. Where they still \
             hold the lock when the last user leaves, the environment cannot be taken down and is left dirty.\n\n\
             A set-up gets each signal that envlock gets, once. When SIGINT, SIGQUIT, SIGTERM or SIGHUP arrives \
             before the command is started, and the set-up does not end because of it, envlock waits for the \
             set-up, does not start the command, runs the take-down, and ends with 128+n. The same holds for a \
             take-down that runs before the set-up.\n\n\
             A take-down and an --after command get no signals: they ignore SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTTIN and SIGTTOU, and \
             envlock waits until they have ended. They are ended by force after --teardown-timeout, or when \
             envlock gets three signals within a second, but then not before they have run for 30 seconds. Their \
             processes get SIGTERM, and SIGKILL five seconds later; a take-down then leaves the environment \
             dirty.\n\n\
             The --after command is run by every user, after its command, also when that failed or was ended by \
             a signal, and after a set-up that failed, before the environment is left or taken down. \
             ENVLOCK_EXIT is the exit code of the command, or of the step that failed. Its own failure changes \
             no exit code. An envlock that finds its lock held by an outer envlock runs its command and nothing \
             else.\n\n\
             Processes that the command leaves running are ended in the same way before the take-down, unless \
             --inherit is given, and so are those of a set-up or take-down that failed. This works on Linux only.",
        ),
        (
            "KEPT ENVIRONMENTS",
            "With --keep or --keep-for the last user leaves the environment up. The next one enters it without a \
             set-up, or runs the --reuse command in its place; where that fails, the environment is taken down and \
             set up anew. What is kept with --keep stays up, also when later users leave, until 'envlock down', \
             --replace or a --reuse command that fails. What is kept with --keep-for stays up for that time after \
             its last user left, whoever that is: one without --keep-for takes it down. An environment whose set-up \
             failed is not kept; one whose command failed is. --replace has no effect while others are inside.\n\n\
             --setup-key says what the set-up starts from, such as a hash of its files. A user whose key differs \
             from that of the environment waits in the queue until those inside have left, as if it wanted the lock \
             alone, so those who come later do not overtake it; then it takes the environment down and sets it up \
             anew. So it does at once where nobody is inside and the environment was kept with --keep-for; where it \
             was kept with --keep, it is refused with 75. A user or an environment without a key matches all.\n\n\
             What is recorded of an environment before it is set up lets others take it down: the --teardown \
             command, its --teardown-timeout, and the directory in which it was given and is run ('/' where that is \
             gone). It gets the variables of whoever runs it, so it should name what it needs.\n\n\
             'envlock down NAME' waits until it has the lock alone and runs the recorded take-down; it ends with its \
             code. With --teardown it runs that one instead. 'envlock sweep' takes down, among the environments that nobody uses or waits for, those whose \
             time is over and those whose users died, with --idle also those whose time is not over; never those \
             kept with --keep. It waits for no lock, and runs no take-down from a record that belongs to another \
             user. Every envlock with --setup does the same for its own environment.\n\n\
             Whoever is killed leaves an environment that is kept or dirty. Where a user of one that is kept with \
             --keep is killed, it stays kept.",
        ),
        (
            "CRASHES",
            "A lock belongs to living processes, so the lock of a dead holder is free at once. When envlock is \
             killed, its command gets SIGTERM, and the lock stays taken while a process of the command is alive; \
             the next user in the queue ends those that are left (SIGTERM, and SIGKILL five seconds later) before \
             it takes the lock. On Windows the command and all its children end with envlock. On macOS the next \
             user waits for them. What runs on under a dead envlock has its lock: an envlock that it calls for the \
             same lock ends at once with 125.",
        ),
        (
            "SEVERAL USERS AND CONTAINERS",
            "Where /var/lib/evenkeel has been set up ('evenkeel-setup' as root, or 'make install' as root), all users of \
             the machine share its locks; 'envlock status' says which directory is used. NETRA_HOME names another \
             directory; it is a shared one where its directory locks has the sticky bit. 'evenkeel-setup --group \
             docker' admits the members of a group only. On Linux only.\n\n\
             Everybody may use each lock, see who holds it and why, and read the history. With --private neither the \
             purpose nor the command is recorded there; ps(1) may show both all the same. A recorded take-down is run \
             by nobody but the user who recorded it, not even by root: down refuses and sweep skips what others set \
             up. A user with a --teardown of his own can take over such an environment. Only root, or their owner, \
             breaks a lock, and ends what a dead envlock left running; others wait for it. The ticket of a dead \
             envlock stays until its owner or root uses the lock.\n\n\
             A hostile user can hold locks, keep others from using a name by leaving files under it, mark an \
             environment as clean or dirty, and lie about his own commands. He cannot make two enter a lock, read what \
             is private, change the records of others, have their processes ended, or make root write elsewhere: \
             locks/ and locks/.guard belong to root, nobody but root can remove the files of others, the lock that \
             counts is a byte of .guard beside the lock file, and no link is followed. flock(1) locks the lock file \
             alone, which the user who made it can replace.\n\n\
             Containers take part that have the state directory mounted, in pid namespaces of their own too, but not \
             where their root is another user on the host. There the kernel tells who is alive, but not by which \
             pid: 'envlock break' has to be run in the container of the holder, and what a dead envlock left running \
             in another container is waited for.",
        ),
        (
            "SEVERAL HOSTS",
            "With --via etcd://HOST:PORT[,HOST:PORT]/PREFIX, or ENVLOCK_VIA, the locks are kept in etcd (version 3.4 or \
             later, over its JSON gateway) and not in files: everyone with the same cluster and prefix shares them. Locks \
             belong to an engine, not to a machine: name one prefix for each Docker engine, and all members of the cluster. \
             The lock of the same name on this machine is another one; --via local and ENVLOCK_VIA=local mean that one. \
             Linux only.\n\n\
             GUARANTEES. Exclusive, --shared and --slots locks, --with, the order of the queue, --timeout, --no-wait and \
             --wait-forever, --setup and --teardown with all that belongs to them, --after, --private, --purpose, \
             --report, nesting and exit codes are as on one machine; status, history, break and down reach all hosts; \
             'envlock held' asks the store. The command also gets ENVLOCK_FENCE: a number that is greater than that of \
             every earlier holder which it excludes, for services that can refuse a lower one.\n\n\
             With etcds:// the members are reached over TLS, and none that cannot be verified: by the CAs of \
             --via-ca, else those of the system. Nothing is sent unencrypted instead; certificates with etcd:// are \
             an error. A member's own certificate needs the extended key usages serverAuth and clientAuth, for its \
             gateway. Where etcd has users, set ENVLOCK_VIA_USER and ENVLOCK_VIA_PASSWORD_FILE; the role has to read \
             and write the keys that begin with PREFIX/envlock/, and a client certificate must have no common name.\n\n\
             'envlock doctor' asks each member that is named for its version, its part in the cluster, the time that \
             a read takes, its time of day (in whole seconds) and the room in its database; it takes a lock that \
             nobody else can use, renews it, gives it back, and waits for the news of that. It names releases with \
             known faults, and ends with 1 where something keeps the store from being used.\n\n\
             Never two: where a holder cannot renew its lock, its command gets SIGTERM and then SIGKILL before anybody \
             else can enter, and envlock ends with 125 (verdict 'lost' in the report, end 'lost' in the history). A second \
             process for each lock, the keeper, renews it and ends the command. It gives the lock back when envlock is \
             killed, and renews it while envlock is stopped. Where the keeper is killed or stopped, envlock ends the \
             command in time.\n\n\
             Never two set-ups or take-downs: users of an environment pass its gate one after the other, to enter and to \
             leave. Whoever sets up or takes down keeps all others out, and is ended like a command where it cannot renew its \
             lock, a take-down by SIGKILL alone. The store has the record of the environment, which is changed only while \
             it has the lock of who changes it. Where a user dies, on whatever host, or its lock is lost or broken, in the \
             set-up, the command or the take-down, and nobody else uses the environment, it is dirty: the next user takes it \
             down before the set-up. After 'break' no take-down is run. While the store still has the ticket of a dead user, \
             those who share the lock come in beside it, and who leaves meanwhile is not the last one: the next user takes down.\n\n\
             No command is taken from a store, because whoever may write to it could put one there: a take-down is always \
             that of the user who runs it. Users of an environment that has one give their own --teardown, and so does \
             'envlock down'; it is run in the directory of its caller. Not available, and refused with 2: --inherit, \
             because the store does not know which processes have a lock; sweep. What a --setup leaves on its own host, \
             such as files, the other hosts do not have.\n\n\
             BOUNDS. With the lease time of 15 seconds (--ttl) SIGTERM comes 9 seconds after the beginning of the last \
             renewal that succeeded, and SIGKILL 4 seconds later; a new leader of the cluster is usually there within 3 \
             seconds. The lock of a host that vanished is free after at most twice the lease time and a second; so is its \
             environment. A store that does not answer is asked for 5 seconds, or until the time-out if that is shorter, with \
             --no-wait once; then envlock ends with 125 and does not run the command. It never uses the locks of this \
             machine instead. Whoever has a ticket asks until its time-out, and draws another ticket at the end of \
             the queue where its own was lost. Where a command without an environment ends while the store does not answer, its exit \
             code counts, and the lock is free when the lease has ended and its time is over. With an environment envlock \
             waits for the store, as long as the lock is trusted, in order to leave it.\n\n\
             ASSUMPTIONS. Clocks of two hosts that run at speeds less than 1 % apart (times of day matter for --keep-for \
             alone, between hosts); SIGKILL that ends a process within half a second; an etcd that does not lose what it has \
             confirmed. Nothing rests on when etcd ends a lease. Without TLS use a network that you trust: whoever may write to the store \
             can take and delete locks, and say that an environment is up.\n\n\
             OUTSIDE. Envlock and its keeper both stopped or both killed while the command is not; processes that have left \
             both the command's process group and its environment variables; a process that waits in the kernel for a disk; work that the \
             command handed to others, such as the Docker engine, which goes on with what a killed set-up asked for; a host that \
             is suspended and runs on for a moment when it wakes; an etcd restored from a backup. For these there is \
             ENVLOCK_FENCE.\n\n\
             dockprune and evenkeel ask the same locks; restartgate counts the restarts of one host and refuses to do so \
             where ENVLOCK_VIA is set.",
        ),
        (
            "FILES",
            "~/.netra/locks/NAME.lock, or /var/lib/evenkeel/locks/NAME.lock: the lock file; flock(1) and Python's \
             filelock on it exclude envlock and are excluded by it. It is never removed.\n\n\
             ~/.netra/locks/NAME.d/: tickets of those that hold or wait for the lock; history.jsonl, the past \
             holds; environment.json, what is recorded of an environment from before its set-up until after its \
             take-down. Whoever may write there may run commands as those that use the lock. In /var/lib/evenkeel \
             the same files are beside the lock file, as NAME@..., and history and record once for each user.\n\n\
             Keep them on a local disk: file locks on network file systems may not exclude each other.",
        ),
        (
            "ENVIRONMENT",
            "NETRA_HOME: where the state is kept instead of ~/.netra and /var/lib/evenkeel.\n\n\
             ENVLOCK_VIA: where the locks are, as --via; empty or 'local': in files of this machine. Set for the command \
             where they are in a store.\n\n\
             ENVLOCK_VIA_CA, ENVLOCK_VIA_CERT, ENVLOCK_VIA_KEY: files for a store with TLS, as --via-ca, --via-cert and \
             --via-key. Set for the command where they are used.\n\n\
             ENVLOCK_VIA_USER: a user of the store; with ENVLOCK_VIA_PASSWORD_FILE, whose first line is the password, or \
             ENVLOCK_VIA_PASSWORD. A password in a variable can be read by the command, and by other processes of the user.\n\n\
             ENVLOCK_FENCE: set for the command where the lock is in a store; see SEVERAL HOSTS.\n\n\
             ENVLOCK_HELD: set for the command: the locks it runs under, separated by commas, each \
             NAME:MODE:TICKET:OWNER with mode x, s or n, followed by :CLUSTER/PREFIX where it is in a store. An envlock that is run by the command does not wait for \
             these locks. It relies on an entry only while the ticket is held and its owner is an ancestor; \
             'envlock held NAME' tests the same.\n\n\
             ENVLOCK_SLOT: set for the command with --slots: its slot, from 0.\n\n\
             ENVLOCK_EXIT: set for the --after command: the exit code of the command, or of the step that failed.\n\n\
             ENVLOCK_STEP: set with --setup, --teardown or --after: the step that a process belongs to, as an entry \
             of ENVLOCK_HELD followed by :setup, :reuse, :command, :after or :teardown. envlock uses it to find the processes that \
             a step left running.",
        ),
        (
            "JSON",
            "envlock.status/1 (status --json): schema, tool_version, at, verdict (free or held), locks (sorted by \
             name): name, verdict, dirty, holders and queue (sorted by ticket): ticket, mode (exclusive, shared, \
             slot), slot, phase (waiting, setup, running, teardown), user, host, pid, process_start (ticks since \
             boot), boot_id, command, purpose, queued_at, entered_at; outsiders (sorted by pid): pid, command; \
             dirty_reason (setup_interrupted, reuse_interrupted, teardown_failed, not_taken_down, holder_died, \
             record_unreadable); environment: state (in_use, kept, expired, dirty), phase (setup, reuse, up, \
             teardown), key, user, host, up_since, kept (no, until_told, for), kept_for_ms, kept_by, kept_until, \
             idle_since, teardown, directory; state_directory (in which the locks are), shared (whether all users of the \
             machine share it).\n\n\
             envlock.history/1 (history --json): schema, tool_version, at, verdict (done), name, holds, skipped \
             (lines that could not be read), held_p50_ms, held_p95_ms, waited_p50_ms, waited_p95_ms, last (oldest \
             first): at, end (done, died, broken, lost), ticket, mode, slot, user, host, pid, command, purpose, \
             waited_ms, held_ms, exit_code, broken_by, reason.\n\n\
             envlock.break/1 (break --json): schema, tool_version, at, verdict (broken or free), name, ticket, \
             killed (whether SIGKILL was needed).\n\n\
             envlock.sweep/1 (sweep --json): schema, tool_version, at, verdict (done, or partial where a take-down \
             failed), dry_run, environments (sorted by name): name, action (taken_down, would_take_down, failed, \
             kept, in_use, skipped, nothing_up), reason, exit_code (of the take-down).\n\n\
             envlock.doctor/1 (doctor --json): schema, tool_version, at, verdict (ok, warnings, failed), store, members \
             (in the order given): endpoint, error, version, role (leader, follower, learner, no_leader), latency_ms, \
             clock_ahead_ms (0: no difference seen), db_size_bytes, quota_bytes, alarms; lock: verdict (done, failed, \
             not_tried), took_ms; findings: level (warning, failure), about, what, hint.\n\n\
             envlock.run/1 (--report): schema, tool_version, at, verdict (done, busy or lost), name, mode, slot, \
             ticket, waited_ms, held_ms, exit_code.",
        ),
    ],
};
