"""A real directory server (Debian's slapd) on loopback."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hub.workbench import free_ports, wait_for

BASE = "dc=example,dc=org"
ROOT = f"cn=root,{BASE}"
PASSWORD = "the root's words"
SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/libexec:/usr/lib/openldap:/usr/local/libexec")

_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
moduleload back_mdb
pidfile {root}/slapd.pid
database mdb
suffix "{base}"
rootdn "{dn}"
rootpw "{password}"
directory {root}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,{base}" read by self read by * none
"""

_BEGIN = """
dn: {base}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: cn=reader,{base}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: the reader's words
"""


class Directory:
    """Ended by `stop`. People are `uid=…,ou=people`, groups `cn=…,ou=groups`."""

    def __init__(self, root: Path) -> None:
        if SLAPD is None or shutil.which("ldapadd") is None:
            pytest.skip("needs the packages slapd and ldap-utils")
        (self.port,) = free_ports(1)
        self.url = f"ldap://127.0.0.1:{self.port}"
        self.root = root
        (root / "data").mkdir()
        configuration = root / "slapd.conf"
        configuration.write_text(_CONFIGURATION.format(root=root, base=BASE, dn=ROOT, password=PASSWORD))
        with (root / "slapd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [SLAPD, "-h", self.url, "-f", configuration, "-d", "0"], stdout=log, stderr=log
            )
        wait_for(self._answers, 20, (root / "slapd.log").read_text)
        self._tool("ldapadd", _BEGIN.format(base=BASE))

    def person(self, name: str, password: str, *groups: str) -> None:
        self._tool(
            "ldapadd",
            f"dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: x\n"
            f"userPassword: {password}\n",
        )
        for group in groups:
            self.join(name, group)

    def group(self, name: str) -> None:
        self._tool(
            "ldapadd",
            f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\nmember: {ROOT}\n",
        )

    def join(self, name: str, group: str, how: str = "add") -> None:
        self._tool(
            "ldapmodify",
            f"dn: cn={group},ou=groups,{BASE}\nchangetype: modify\n"
            f"{how}: member\nmember: uid={name},ou=people,{BASE}\n",
        )

    def remove(self, name: str) -> None:
        self._tool("ldapmodify", f"dn: uid={name},ou=people,{BASE}\nchangetype: delete\n")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _answers(self) -> bool:
        words = ["ldapwhoami", "-x", "-H", self.url, "-D", ROOT, "-w", PASSWORD]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def _tool(self, tool: str, ldif: str) -> None:
        words = [tool, "-x", "-H", self.url, "-D", ROOT, "-w", PASSWORD]
        done = subprocess.run(words, input=ldif, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
