# SPDX-License-Identifier: BSD-2-Clause
"""Files whose contents are known, and nginx, which serves them."""
import grp
import pwd

from programs_places import *

MB = 1 << 20


def make_file(path, size):
    """Bytes that do not come again at any power of two's distance. Return: their SHA-256."""
    block, digest = os.urandom(MB - 1), hashlib.sha256()
    with open(path, 'wb') as f:
        while size:
            part = block[:size]
            f.write(part)
            digest.update(part)
            size -= len(part)
    return digest.hexdigest()


def certificate(folder):
    sh(tool('openssl'), 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
       '/CN=skiff.test', '-addext', 'subjectAltName=DNS:skiff.test', '-keyout', folder + '/key.pem',
       '-out', folder + '/cert.pem')


class Nginx:
    """In the foreground, with two workers, which change their user where they can."""

    def __init__(self, place):
        self.place, self.folder = place, place.folder()
        os.mkdir(self.folder + '/www')
        certificate(self.folder)
        place.own(self.folder + '/key.pem')
        self.log = self.folder + '/access.log'
        temporary = ''.join('%s_temp_path %s/%s;\n' % (kind, self.folder, kind) for kind in
                            ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        nobody = pwd.getpwnam('nobody')
        user = '' if place.user else 'user nobody %s;' % grp.getgrgid(nobody.pw_gid).gr_name
        with open(self.folder + '/nginx.conf', 'w') as f:
            f.write('''
                daemon off; worker_processes 2; %s
                pid %s/pid; error_log stderr notice;
                events { worker_connections 1024; }
                http {
                    access_log %s; root %s/www; sendfile on; keepalive_requests 1000000;
                    %s
                    server { listen 8080; }
                    server {
                        listen 8443 ssl http2; server_name skiff.test;
                        ssl_certificate %s/cert.pem; ssl_certificate_key %s/key.pem;
                    }
                }''' % (user, self.folder, self.log, self.folder, temporary, self.folder,
                        self.folder))
        self.small = self.put('small.txt', 100)

    def put(self, name, size):
        digest = make_file(self.folder + '/www/' + name, size)
        os.chmod(self.folder + '/www/' + name, 0o644)
        return digest

    def start(self):
        if not self.place.user and os.geteuid() == 0 and not may_change_user():
            raise Skip('nginx: its workers can not change their user here')
        self.program = self.place.start('nginx', '-p', self.folder, '-c',
                                        self.folder + '/nginx.conf')
        wait_for(lambda: self.workers('start') == 2)
        return self

    def workers(self, what):
        text = self.program.text()
        assert self.program.proc.poll() is None, text
        return len(re.findall('start worker process [0-9]' if what == 'start' else
                              'worker process [0-9]+ exited with code 0', text))

    def requests(self):
        return open(self.log).read().splitlines()

    def stop(self):
        status = self.program.stop(signal.SIGQUIT)
        text = self.program.text()
        assert status == 0 and '[alert]' not in text and '[emerg]' not in text, text
