import { daemon } from './daemon.ts'
import { programs } from './installed.ts'
import type { Subject } from './subject.ts'

// Both do the same work as the others: one worker, keep-alive on both sides, prefix stripped, no log.

export const nginx = (upstream: string): Promise<Subject> =>
  daemon(
    programs.nginx!,
    (folder, file) => ['-p', folder, '-c', file, '-e', 'stderr'],
    (port, folder) => `
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream items {
    server ${new URL(upstream).host};
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location /api/items/ {
      proxy_pass http://items/items/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
  )

export const haproxy = (upstream: string): Promise<Subject> =>
  daemon(
    programs.haproxy!,
    (_folder, file) => ['-db', '-f', file],
    (port) => `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend bench
  bind 127.0.0.1:${port}
  http-request replace-path /api/items/(.*) /items/\\1
  default_backend items
backend items
  server upstream ${new URL(upstream).host}
`,
  )
