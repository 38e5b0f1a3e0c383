/* /metrics, /healthz and /readyz, on a socket that only this machine reaches: see http.c. */
#ifndef SERVICE_HTTP_H
#define SERVICE_HTTP_H

struct error;
struct http;
struct worker;

/* listen: http.listen of the settings. NULL with an error where the address cannot be had. */
struct http *http_new(struct worker *worker, const char *listen, struct error *error);
void http_free(struct http *http); /* accepts NULL; before the worker */

#endif
