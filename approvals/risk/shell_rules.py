"""Which rules look at which program."""

from collections.abc import Callable, Iterator

from approvals.risk import (
    cloud_commands,
    kubernetes_commands,
    shell_code,
    shell_containers,
    shell_database,
    shell_files,
    shell_git_programs,
    shell_infrastructure,
    shell_inventory,
    shell_network,
    shell_system,
    shell_tools,
    shell_windows,
    terraform_commands,
)
from approvals.risk.findings import Match
from approvals.risk.shell_calls import Call
from approvals.risk.shell_git import git
from approvals.risk.tables import names

Rule = Callable[[Call], Iterator[Match]]

_FOR_ALL: tuple[Rule, ...] = (
    shell_system.privilege,
    shell_system.init_script,
    shell_files.credentials,
    shell_network.remote_code,
    shell_network.exfiltration,
    shell_code.inline_code,
    shell_code.escapes,
    shell_system.publish,
    shell_system.packages,
    shell_database.unseen_sql,
    shell_tools.metadata,
    shell_tools.spawns,
    shell_tools.bare_shell,
    shell_tools.attack_script,
    shell_tools.unseen_script,
    shell_windows.cmdlet,
    shell_windows.registry_path,
)
_BY_PROGRAMS: tuple[tuple[frozenset[str], tuple[Rule, ...]], ...] = (
    (names("rm unlink srm trash rimraf grm"), (shell_files.delete,)),
    (names("del erase rd ri remove-item"), (shell_files.delete_windows,)),
    (names("find gfind"), (shell_files.find, shell_tools.searching)),
    (
        names("shred wipefs wipe blkdiscard badblocks mkswap format-volume clear-disk"),
        (shell_files.destroy,),
    ),
    (
        names(
            "fdisk sfdisk gdisk sgdisk parted cfdisk lvremove vgremove pvremove zpool"
        )
        | names(
            "zfs mdadm cryptsetup hdparm nvme diskpart diskutil flashrom efibootmgr"
        ),
        (shell_files.partition,),
    ),
    (names("dd dcfldd"), (shell_files.dd,)),
    (names("truncate"), (shell_files.truncate,)),
    (names("cp mv install ln"), (shell_files.move,)),
    (names("tee sponge"), (shell_files.write,)),
    (names("sed perl"), (shell_files.edit_in_place,)),
    (names("plistbuddy plutil"), (shell_files.edit_settings,)),
    (
        names("vi vim nvim nano pico emacs joe ed ex micro helix hx kak mcedit jed ne"),
        (shell_files.edit_by_hand,),
    ),
    (names("chmod chown chgrp chattr setfacl setcap"), (shell_files.permissions,)),
    (names("git"), (git, shell_git_programs.programs)),
    (names("su sudo doas"), (shell_system.become,)),
    (
        names(
            "systemctl service launchctl supervisorctl pm2 rc-service update-rc.d sc"
        ),
        (shell_system.service,),
    ),
    (
        names("shutdown reboot halt poweroff init telinit stop-computer"),
        (shell_system.power,),
    ),
    (
        names(
            "iptables ip6tables iptables-restore ip6tables-restore nft ufw firewall-cmd"
            " pfctl ipset ebtables arptables"
        ),
        (shell_system.firewall,),
    ),
    (
        names(
            "useradd userdel usermod adduser deluser groupadd groupdel groupmod passwd"
        )
        | names("chpasswd visudo gpasswd chsh"),
        (shell_system.users,),
    ),
    (
        names("kill pkill killall skill xkill taskkill stop-process"),
        (shell_system.kill,),
    ),
    (names("fuser"), (shell_system.kill_port,)),
    (
        names("history unset set journalctl wevtutil auditctl"),
        (shell_system.history,),
    ),
    (names("crontab at"), (shell_system.schedule,)),
    (
        names(
            "insmod rmmod modprobe sysctl mount umount swapoff setenforce kexec chroot"
        )
        | names("depmod"),
        (shell_system.kernel,),
    ),
    (shell_network.FETCHERS, (shell_network.http, shell_network.smuggling)),
    (names("dig nslookup host ping drill"), (shell_network.lookup,)),
    (names("nc ncat netcat socat"), (shell_network.netcat,)),
    (names("scp sftp rsync"), (shell_network.copy,)),
    (names("ssh autossh"), (shell_network.connect,)),
    (cloud_commands.PROGRAMS, (cloud_commands.cloud,)),
    (kubernetes_commands.PROGRAMS, (kubernetes_commands.cluster,)),
    (terraform_commands.PROGRAMS, (terraform_commands.terraform,)),
    (
        shell_infrastructure.PROGRAMS,
        (shell_infrastructure.infrastructure, shell_infrastructure.secrets),
    ),
    (shell_tools.ATTACKING, (shell_tools.attack,)),
    (shell_tools.MINERS, (shell_tools.mine,)),
    (shell_tools.LISTENERS, (shell_tools.listen,)),
    (shell_tools.TUNNELS, (shell_tools.tunnel,)),
    (names("awk gawk mawk nawk"), (shell_tools.sockets,)),
    (names("gpg ssh-copy-id ssh-keygen openssl"), (shell_tools.keys,)),
    (
        names("ansible ansible-playbook ansible-pull chef-client puppet"),
        (shell_tools.playbook,),
    ),
    (shell_tools.STORES, (shell_tools.store,)),
    (shell_tools.WINDOWS, (shell_tools.windows,)),
    (names("reg defaults"), (shell_tools.registry,)),
    (shell_tools.MACHINE, (shell_tools.machine,)),
    (
        shell_containers.PROGRAMS,
        (
            shell_containers.host,
            shell_containers.swarm,
            shell_containers.copy_into,
            shell_containers.elsewhere,
        ),
    ),
    (shell_windows.FIREWALL, (shell_windows.netsh,)),
    (shell_windows.RIGHTS, (shell_windows.rights,)),
    (shell_windows.STARTING, (shell_windows.start_code,)),
    (shell_windows.FORMATTING, (shell_windows.format_drive,)),
    (shell_windows.WIPING, (shell_windows.wipe,)),
    (shell_tools.STARTERS, (shell_tools.start,)),
    (shell_tools.DUMPERS, (shell_tools.dump,)),
    (names("echo printf"), (shell_tools.show_secret,)),
    (names("python python2 python3"), (shell_tools.serve_folder,)),
    (names("tar bsdtar gtar unzip"), (shell_files.unpack,)),
    (names("touch"), (shell_files.timestamps,)),
    (names("script"), (shell_tools.recording_shell,)),
    (names("grep egrep rg ag fgrep"), (shell_tools.search_passwords,)),
    (names("rmdir"), (shell_windows.rmdir,)),
    (
        names(
            "createdb dropdb dropuser pg_dump pg_restore mongorestore mysqladmin"
            " initdb pg_resetwal"
        )
        | names("pg_dropcluster mysqlimport pg_ctl influxd"),
        (shell_database.database,),
    ),
    (names("redis-cli valkey-cli keydb-cli"), (shell_database.redis,)),
    (names("mongo mongosh"), (shell_database.documents,)),
    (shell_database.FRAMEWORKS, (shell_database.framework,)),
    (shell_inventory.PROGRAMS, (shell_inventory.changes,)),
)


def _by_name() -> dict[str, tuple[Rule, ...]]:
    table: dict[str, tuple[Rule, ...]] = {}
    for programs, rules in _BY_PROGRAMS:
        for program in programs:
            table[program] = (*table.get(program, ()), *rules)
    return table


_RULES = _by_name()


def matches_of(call: Call) -> Iterator[Match]:
    """Everything that the rules say about one call."""
    for rule in (*_RULES.get(_family(call.name), ()), *_FOR_ALL):
        yield from rule(call)


def has_rules(name: str) -> bool:
    """Whether any rule looks at this program in particular."""
    return _family(name) in _RULES


def _family(name: str) -> str:
    """mkfs.ext4 and newfs are one family; kafka-topics.sh is kafka-topics."""
    if name.startswith(("mkfs", "newfs")):
        return "wipefs"
    return name.removesuffix(".sh")
