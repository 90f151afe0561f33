"""Which rules look at which program."""

from collections.abc import Callable, Iterator

from approvals.risk import (
    shell_code,
    shell_database,
    shell_files,
    shell_infrastructure,
    shell_network,
    shell_system,
)
from approvals.risk.findings import Match
from approvals.risk.shell_calls import Call
from approvals.risk.shell_git import git
from approvals.risk.tables import names

Rule = Callable[[Call], Iterator[Match]]

_FOR_ALL: tuple[Rule, ...] = (
    shell_system.privilege,
    shell_files.credentials,
    shell_network.remote_code,
    shell_network.exfiltration,
    shell_code.inline_code,
    shell_code.escapes,
    shell_system.publish,
    shell_system.packages,
    shell_database.unseen_sql,
)
_BY_PROGRAMS: tuple[tuple[frozenset[str], tuple[Rule, ...]], ...] = (
    (names("rm unlink srm trash rimraf grm"), (shell_files.delete,)),
    (names("del erase rd ri remove-item"), (shell_files.delete_windows,)),
    (names("find gfind"), (shell_files.find,)),
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
    (names("chmod chown chgrp chattr setfacl setcap"), (shell_files.permissions,)),
    (names("git"), (git,)),
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
        names("iptables ip6tables nft ufw firewall-cmd pfctl ipset"),
        (shell_system.firewall,),
    ),
    (
        names(
            "useradd userdel usermod adduser deluser groupadd groupdel groupmod passwd"
        )
        | names("chpasswd visudo vipw gpasswd chsh dscl net"),
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
    (names("crontab at schtasks"), (shell_system.schedule,)),
    (
        names(
            "insmod rmmod modprobe sysctl mount umount swapoff setenforce kexec chroot"
        )
        | names("bcdedit vssadmin nvram csrutil spctl depmod"),
        (shell_system.kernel,),
    ),
    (shell_network.FETCHERS, (shell_network.http,)),
    (names("dig nslookup host ping drill"), (shell_network.lookup,)),
    (names("nc ncat netcat socat"), (shell_network.netcat,)),
    (names("scp sftp rsync"), (shell_network.copy,)),
    (names("ssh autossh"), (shell_network.connect,)),
    (
        shell_infrastructure.PROGRAMS,
        (shell_infrastructure.infrastructure, shell_infrastructure.secrets),
    ),
    (names("docker podman nerdctl"), (shell_system.container,)),
    (
        names("dropdb dropuser pg_restore mongorestore mysqladmin initdb pg_resetwal")
        | names("pg_dropcluster mysqlimport pg_ctl influxd"),
        (shell_database.database,),
    ),
    (names("redis-cli valkey-cli keydb-cli"), (shell_database.redis,)),
    (names("mongo mongosh"), (shell_database.documents,)),
    (shell_database.FRAMEWORKS, (shell_database.framework,)),
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
