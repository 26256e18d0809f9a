#!/usr/bin/env python3
"""Start and stop real mail servers for tests: Dovecot (IMAP, LMTP) and Postfix (SMTP).

    mailservers.py start  --dir mail1 [--user NAME:PASSWORD]... [--no-postfix] [--idle-seconds 2]
    mailservers.py env    --dir mail1        # shell assignments: MAIL_IMAP_PORT=... and so on
    mailservers.py status --dir mail1
    mailservers.py stop   --dir mail1
    mailservers.py wipe   --dir mail1        # empty every mailbox (a new UIDVALIDITY)
    mailservers.py again  --dir mail1        # stop Dovecot and start it on the same ports

Everything lives under --dir and on free loopback ports; no system file is
touched and no system service is used.  Debian packages: dovecot-imapd
dovecot-lmtpd postfix (installed with --no-install-recommends; their own
services need not run).  Dovecot runs as the caller when the caller is not root.
Postfix's master has to be started by root; without root it is left out and
smtp_sink.py can stand in.

Mail accepted by Postfix for the test domains (example.test, customer.test,
or any --domain) is put by LMTP into the Dovecot mailbox of the local part's
address; name+anything@... goes to name@....  Addresses that begin with "nobody" in a
test domain are refused at once with 550, "busy" with 451, "full" with 452.
Mail for any other domain is taken and then bounces with a real RFC 3464 report
(slow@ is deferred, full@ says 5.2.2, spam@ says 5.7.1, all else 5.1.1).
"""
import argparse
import json
import os
import pwd
import grp
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from smtp_sink import make_cert  # noqa: E402

DCONF = """base_dir = {d}/dv/run
state_dir = {d}/dv/state
log_path = {d}/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login{oauthmech}
auth_username_format = %Lu
{internal}
mail_location = maildir:{d}/mail/%u
{mailuid}
maildir_stat_dirs = yes
recipient_delimiter = +
imap_idle_notify_interval = {idle} secs
mailbox_list_index = yes
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Processed {{
    auto = create
  }}
  mailbox Failed {{
    auto = create
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
{oauth}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {d}/users
}}
userdb {{
  driver = static
  args = {ustatic} home={d}/homes/%u allow_all_users=yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 256
}}
service lmtp {{
  chroot =
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
protocol imap {{
  mail_max_userip_connections = 200
}}
protocol lmtp {{
  postmaster_address = postmaster@example.test
}}
"""

MAIN = """compatibility_level = 3.6
queue_directory = {d}/pf/spool
data_directory = {d}/pf/data
command_directory = /usr/sbin
daemon_directory = {sbin}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {d}/log/postfix.log
maillog_file_prefixes = {d}
myhostname = mx.example.test
mydomain = example.test
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = static:yes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = smtp:[127.0.0.1]:{far}
recipient_delimiter = +
message_size_limit = 52428800
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_banner = mx.example.test ESMTP
smtpd_tls_cert_file = {d}/cert.pem
smtpd_tls_key_file = {d}/key.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_recipient_restrictions = check_recipient_access regexp:{d}/pf/etc/recipients, permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_connection_count_limit = 0
bounce_queue_lifetime = 1h
maximal_queue_lifetime = 1h
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 20s
biff = no
"""

MASTER = """127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{subm} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:{d}/pf/etc/recipients,permit_sasl_authenticated,reject
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:{d}/pf/etc/recipients,permit_sasl_authenticated,reject
127.0.0.1:{far} inet n - n - - smtpd
  -o myhostname=mx.elsewhere.test
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:{d}/pf/etc/far,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def free_ports(n):
    socks = []
    for _ in range(n):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        socks.append(s)
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


def banner(port, want, timeout=10):
    end = time.time() + timeout
    while time.time() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as s:
                s.settimeout(2)
                if want in s.recv(200):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def paths(d):
    return os.path.join(d, "state.json")


def load(d):
    with open(paths(d)) as f:
        return json.load(f)


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except (OSError, TypeError):
        return False


def start(a):
    d = os.path.abspath(a.dir)
    if os.path.exists(paths(d)) and alive(load(d).get("dovecot_pid")):
        sys.exit("already running in %s" % d)
    for x in ("log", "dv/run", "dv/state", "mail", "homes"):
        os.makedirs(os.path.join(d, x), exist_ok=True)
    root = os.geteuid() == 0
    imap, imaps, lmtp, sasl, smtp, subm, smtps, far = free_ports(8)
    users = dict(u.split(":", 1) for u in (a.user or ["support@example.test:secret", "ana@customer.test:secret", "bo@customer.test:secret"]))
    with open(d + "/users", "w") as f:
        for u, p in users.items():
            f.write("%s:{PLAIN}%s\n" % (u, p))
    make_cert(d)
    me = pwd.getpwuid(os.geteuid())
    if root:
        mu = pwd.getpwnam("mail")
        internal = "first_valid_uid = 1\nfirst_valid_gid = 1"
        mailuid = "mail_uid = %d\nmail_gid = %d" % (mu.pw_uid, mu.pw_gid)
        ustatic = "uid=%d gid=%d" % (mu.pw_uid, mu.pw_gid)
        for x in ("mail", "homes"):
            os.chown(os.path.join(d, x), mu.pw_uid, mu.pw_gid)
        # every folder above has to let the mail user through
        p = d
        while p != "/":
            st = os.stat(p)
            if p.startswith(d) and not st.st_mode & 0o001:
                os.chmod(p, st.st_mode | 0o011)
            elif not st.st_mode & 0o001:
                sys.exit("%s is closed to the mail user; choose another --dir" % p)
            p = os.path.dirname(p)
    else:
        g = grp.getgrgid(me.pw_gid).gr_name
        internal = "default_internal_user = %s\ndefault_internal_group = %s\ndefault_login_user = %s\nfirst_valid_uid = 1" % (me.pw_name, g, me.pw_name)
        mailuid = ""
        ustatic = "uid=%d gid=%d" % (me.pw_uid, me.pw_gid)
    oauth = mech = ""
    if a.oauth_key:
        os.makedirs(d + "/keys/default/HS256", exist_ok=True)
        with open(d + "/keys/default/HS256/default", "w") as f:
            f.write(a.oauth_key)
        with open(d + "/oauth2.conf.ext", "w") as f:
            f.write("introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\nusername_attribute = email\n" % d)
        mech = " xoauth2 oauthbearer"
        oauth = "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s/oauth2.conf.ext\n}" % d
    with open(d + "/dovecot.conf", "w") as f:
        f.write(DCONF.format(d=d, internal=internal, mailuid=mailuid, ustatic=ustatic, imap=imap, imaps=imaps, lmtp=lmtp, sasl=sasl,
                             idle=a.idle_seconds, oauth=oauth, oauthmech=mech))
    p = subprocess.Popen(["dovecot", "-F", "-c", d + "/dovecot.conf"], stdin=subprocess.DEVNULL, stdout=open(d + "/log/dovecot.out", "ab"),
                         stderr=subprocess.STDOUT, start_new_session=True)
    st = {"dir": d, "dovecot_pid": p.pid, "imap_port": imap, "imaps_port": imaps, "lmtp_port": lmtp, "sasl_port": sasl, "smtp_port": None,
          "submission_port": None, "smtps_port": None, "postfix": False, "users": users, "ca": d + "/ca.pem"}
    json.dump(st, open(paths(d), "w"), indent=1)
    if not banner(imap, b"OK"):
        sys.exit("dovecot did not come up; see %s/log" % d)
    sbin = "/usr/lib/postfix/sbin"
    if root and not a.no_postfix and os.path.exists(sbin + "/master"):
        for x in ("pf/etc", "pf/spool", "pf/data"):
            os.makedirs(os.path.join(d, x), exist_ok=True)
        shutil.chown(d + "/pf/data", "postfix", "root")
        fmt = dict(d=d, sbin=sbin, lmtp=lmtp, sasl=sasl, smtp=smtp, subm=subm, smtps=smtps, far=far,
                   domains=", ".join(a.domain or ["example.test", "customer.test"]))
        open(d + "/pf/etc/main.cf", "w").write(MAIN.format(**fmt))
        open(d + "/pf/etc/master.cf", "w").write(MASTER.format(**fmt))
        open(d + "/pf/etc/recipients", "w").write("/^nobody/ 550 5.1.1 no such user here\n/^busy/ 451 4.2.1 mailbox busy, try later\n"
                                                 "/^full/ 452 4.2.2 over quota\n")
        open(d + "/pf/etc/far", "w").write("/^slow/ 451 4.3.2 overloaded, try later\n/^full/ 552 5.2.2 mailbox full\n"
                                           "/^spam/ 554 5.7.1 message refused as spam\n/./ 550 5.1.1 user unknown\n")
        open(d + "/log/postfix.log", "a").close()
        r = subprocess.run(["postfix", "-c", d + "/pf/etc", "start"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not banner(smtp, b"220"):
            print(r.stdout, file=sys.stderr)
            stop(a)
            sys.exit("postfix did not come up; see %s/log" % d)
        st.update(postfix=True, smtp_port=smtp, submission_port=subm, smtps_port=smtps)
        json.dump(st, open(paths(d), "w"), indent=1)
    env(a)


def env(a):
    st = load(os.path.abspath(a.dir))
    for k in ("imap_port", "imaps_port", "lmtp_port", "smtp_port", "submission_port", "smtps_port"):
        print("MAIL_%s=%s" % (k.upper(), st[k] or ""))
    print("MAIL_CA=%s" % st["ca"])


def stop(a):
    d = os.path.abspath(a.dir)
    if not os.path.exists(paths(d)):
        return
    st = load(d)
    pf = os.path.join(d, "pf/spool/pid/master.pid")
    if os.path.exists(pf):
        subprocess.run(["postfix", "-c", d + "/pf/etc", "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            pid = int(open(pf).read().split()[0])
            for _ in range(100):
                if not alive(pid):
                    break
                time.sleep(0.05)
            else:
                os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError, IndexError):
            pass
    pid = st.get("dovecot_pid")
    # the pid file says the same; believe it only when both agree
    try:
        rec = int(open(d + "/dv/run/master.pid").read().split()[0])
    except (OSError, ValueError, IndexError):
        rec = None
    if rec and rec == pid and alive(pid):
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            try:
                os.waitpid(pid, os.WNOHANG)
            except OSError:
                pass
            if not alive(pid):
                break
            time.sleep(0.05)
    os.unlink(paths(d))


def status(a):
    d = os.path.abspath(a.dir)
    if not os.path.exists(paths(d)):
        print("not running")
        return 1
    st = load(d)
    print("dovecot %s, postfix %s" % ("up" if alive(st["dovecot_pid"]) else "down",
                                      "up" if st["postfix"] and banner(st["smtp_port"], b"220", 1) else "down"))
    return 0


def again(a):
    d = os.path.abspath(a.dir)
    st = load(d)
    os.kill(st["dovecot_pid"], signal.SIGTERM)
    for _ in range(200):
        if not banner(st["imap_port"], b"* OK", 0.05):
            break
        time.sleep(0.05)
    time.sleep(0.5)
    p = subprocess.Popen(["dovecot", "-F", "-c", d + "/dovecot.conf"], stdin=subprocess.DEVNULL,
                         stdout=open(d + "/log/dovecot.out", "ab"), stderr=subprocess.STDOUT,
                         start_new_session=True)
    st["dovecot_pid"] = p.pid
    json.dump(st, open(paths(d), "w"), indent=1)
    if not banner(st["imap_port"], b"* OK"):
        sys.exit("dovecot did not come up again; see %s/log" % d)


def wipe(a):
    d = os.path.abspath(a.dir)
    for x in os.listdir(d + "/mail"):
        shutil.rmtree(os.path.join(d, "mail", x))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=("start", "stop", "status", "env", "wipe", "again"))
    ap.add_argument("--dir", required=True)
    ap.add_argument("--user", action="append", help="address:password (repeatable)")
    ap.add_argument("--domain", action="append")
    ap.add_argument("--no-postfix", action="store_true")
    ap.add_argument("--idle-seconds", type=int, default=30, help="how often IDLE says it is still there")
    ap.add_argument("--oauth-key", help="turn on XOAUTH2/OAUTHBEARER: tokens are JWTs signed HS256 with this key, claim email = address")
    a = ap.parse_args()
    return {"start": start, "stop": stop, "status": status, "env": env, "wipe": wipe, "again": again}[a.what](a)


if __name__ == "__main__":
    sys.exit(main())
