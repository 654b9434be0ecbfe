/*
 * What this kernel asks for a delivery: a WebSocket server in C that sends the ready bytes of a publication with one
 * send() to each subscriber. One thread, epoll, no limits, no rules, and no check of what it is sent: a yardstick, not a
 * server. It speaks as the bare ws server beside it does. Listens on PORT, an environment variable.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, BACKLOG = 4096, READ_BYTES = 1 << 20, TABLE_SIZE = 1 << 16, FRAME_HEAD = 10 };

struct bytes { uint8_t *data; size_t length; };
struct client;
struct place { struct topic *topic; size_t index; };
struct topic {
	char *name, *head; /* the members before the data */
	size_t head_length;
	struct client **clients;
	size_t count, capacity;
	struct topic *next;
};
struct client {
	int fd;
	bool is_websocket;
	struct bytes unread, unsent; /* half a request or frame; what the kernel did not take */
	struct place *places;
	size_t place_count;
};

static struct topic *topics[TABLE_SIZE];
static uint8_t input[READ_BYTES + 1];
static int poll_fd;

static void *must(void *pointer) {
	if (pointer == NULL) { perror("memory"); exit(1); }
	return pointer;
}

static void append(struct bytes *bytes, const void *data, size_t length) {
	bytes->data = must(realloc(bytes->data, bytes->length + length));
	memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

static void clear(struct bytes *bytes) {
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}

/* Sending */

static void watch(struct client *client, int operation, uint32_t events) {
	struct epoll_event event = { .events = events, .data.ptr = client };
	epoll_ctl(poll_fd, operation, client->fd, &event);
}

static void put(struct client *client, const uint8_t *data, size_t length) {
	ssize_t sent = 0;
	if (client->unsent.length == 0) {
		sent = send(client->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent == (ssize_t)length) return;
		if (sent < 0 && errno != EAGAIN) return; /* epoll will say that it is gone */
		if (sent < 0) sent = 0;
		watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	}
	append(&client->unsent, data + sent, length - sent);
}

static void put_rest(struct client *client) {
	ssize_t sent = send(client->fd, client->unsent.data, client->unsent.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent <= 0) return;
	client->unsent.length -= sent;
	memmove(client->unsent.data, client->unsent.data + sent, client->unsent.length);
	if (client->unsent.length > 0) return;
	clear(&client->unsent);
	watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

/* A text frame: `text` has FRAME_HEAD bytes of room before it. Returns where the frame begins. */
static uint8_t *frame(uint8_t *text, size_t length, size_t *frame_length) {
	size_t head = length < 126 ? 2 : length < 65536 ? 4 : 10;
	uint8_t *start = text - head;
	start[0] = 0x81;
	start[1] = head == 2 ? length : head == 4 ? 126 : 127;
	for (size_t i = 2; i < head; i++) start[i] = (uint64_t)length >> (8 * (head - 1 - i));
	*frame_length = head + length;
	return start;
}

/* Topics */

static struct topic *topic_named(const char *name, size_t length) {
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	struct topic **bucket = &topics[hash % TABLE_SIZE];
	for (struct topic *topic = *bucket; topic != NULL; topic = topic->next)
		if (strncmp(topic->name, name, length) == 0 && topic->name[length] == 0) return topic;
	struct topic *topic = must(calloc(1, sizeof *topic));
	topic->name = must(strndup(name, length));
	topic->head_length = asprintf(&topic->head, "{\"event\":\"message\",\"subscription\":\"%s\",\"data\":", topic->name);
	must(topic->head);
	topic->next = *bucket;
	return *bucket = topic;
}

static void subscribe(struct client *client, struct topic *topic) {
	if (topic->count == topic->capacity) {
		topic->capacity = topic->capacity * 2 + 4;
		topic->clients = must(realloc(topic->clients, topic->capacity * sizeof *topic->clients));
	}
	client->places = must(realloc(client->places, (client->place_count + 1) * sizeof *client->places));
	client->places[client->place_count++] = (struct place){ topic, topic->count };
	topic->clients[topic->count++] = client;
}

/* The last subscriber takes the place of the one that leaves. */
static void leave(struct place place) {
	struct client *last = place.topic->clients[--place.topic->count];
	place.topic->clients[place.index] = last;
	for (size_t i = 0; i < last->place_count; i++)
		if (last->places[i].topic == place.topic) last->places[i].index = place.index;
}

/* The members after the data; made anew only when the millisecond is another. */
static size_t tail_of_now(const char **tail) {
	static long second, millisecond;
	static char text[160], prefix[24];
	static size_t length;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	*tail = text;
	if (length > 0 && now.tv_sec == second && now.tv_nsec / 1000000 == millisecond) return length;
	struct tm parts;
	second = now.tv_sec;
	millisecond = now.tv_nsec / 1000000;
	strftime(prefix, sizeof prefix, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &parts));
	length = snprintf(text, sizeof text, ",\"received_at\":\"%s.%03ld000+00:00\",\"queue_size\":0,\"sent_at\":\"%s.%03ld000+00:00\"}",
	                  prefix, millisecond, prefix, millisecond);
	return length;
}

static void publish(struct topic *topic, const char *data, size_t length) {
	static uint8_t buffer[READ_BYTES + 1024];
	const char *tail;
	size_t tail_length = tail_of_now(&tail), frame_length;
	uint8_t *text = buffer + FRAME_HEAD, *end = text;
	end = mempcpy(end, topic->head, topic->head_length);
	end = mempcpy(end, data, length);
	end = mempcpy(end, tail, tail_length);
	uint8_t *start = frame(text, end - text, &frame_length);
	for (size_t i = 0; i < topic->count; i++) put(topic->clients[i], start, frame_length);
}

/* What a client of the WebSocket says */

static void reply(struct client *client, const char *format, const char *text, size_t length) {
	uint8_t buffer[1024];
	size_t reply_length, frame_length;
	reply_length = snprintf((char *)buffer + FRAME_HEAD, sizeof buffer - FRAME_HEAD, format, (int)length, text);
	uint8_t *start = frame(buffer + FRAME_HEAD, reply_length, &frame_length);
	put(client, start, frame_length);
}

/* The text after `key` up to the next quotation mark, in place; NULL if there is none. */
static const char *member(const char *text, size_t length, const char *key, size_t *value_length) {
	const char *value = memmem(text, length, key, strlen(key));
	if (value == NULL) return NULL;
	value += strlen(key);
	const char *end = memchr(value, '"', text + length - value);
	if (end == NULL) return NULL;
	*value_length = end - value;
	return value;
}

static void take_text(struct client *client, const char *text, size_t length) {
	size_t value_length;
	const char *value = member(text, length, "\"subscription\":\"", &value_length);
	if (value != NULL) {
		subscribe(client, topic_named(value, value_length));
		reply(client, "{\"event\":\"subscribe\",\"subscription\":\"%.*s\",\"status\":\"ok\"}", value, value_length);
	} else if ((value = member(text, length, "\"data\":\"", &value_length)) != NULL) {
		reply(client, "{\"event\":\"pong\",\"data\":\"%.*s\"}", value, value_length);
	}
}

/* Takes one frame; returns its length, 0 if it is not complete. */
static size_t take_frame(struct client *client, uint8_t *data, size_t available) {
	if (available < 6) return 0;
	size_t length = data[1] & 127, head = 2;
	if (length == 126) {
		if (available < 8) return 0;
		length = data[2] << 8 | data[3];
		head = 4;
	}
	uint8_t *mask = data + head, *payload = mask + 4;
	if (available < head + 4 + length) return 0;
	for (size_t i = 0; i < length; i++) payload[i] ^= mask[i & 3];
	if ((data[0] & 15) == 1) take_text(client, (char *)payload, length);
	else if ((data[0] & 15) == 8) shutdown(client->fd, SHUT_RDWR);
	return head + 4 + length;
}

/* HTTP: the handshake and publications */

static uint32_t rotated(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* SHA-1 (RFC 3174) of at most 119 bytes. */
static void sha1(const char *text, size_t length, uint8_t digest[21]) {
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	uint8_t blocks[128] = { 0 };
	size_t size = length < 56 ? 64 : 128;
	memcpy(blocks, text, length);
	blocks[length] = 0x80;
	for (int i = 0; i < 8; i++) blocks[size - 1 - i] = (uint64_t)length * 8 >> (8 * i);
	for (uint8_t *block = blocks; block < blocks + size; block += 64) {
		uint32_t word[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
		for (int i = 0; i < 80; i++)
			word[i] = i < 16 ? (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3]
			                 : rotated(word[i - 3] ^ word[i - 8] ^ word[i - 14] ^ word[i - 16], 1);
		for (int i = 0; i < 80; i++) {
			uint32_t mix = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
			             : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
			             : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
			                      : (b ^ c ^ d) + 0xca62c1d6;
			uint32_t next = rotated(a, 5) + mix + e + word[i];
			e = d; d = c; c = rotated(b, 30); b = a; a = next;
		}
		state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e;
	}
	for (int i = 0; i < 20; i++) digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
	digest[20] = 0;
}

static void shake_hands(struct client *client, const char *key) {
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[64], accept[29] = { 0 }, answer[256];
	uint8_t digest[21];
	size_t length = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	sha1(text, length, digest);
	for (int i = 0, o = 0; i < 21; i += 3) {
		uint32_t bits = digest[i] << 16 | digest[i + 1] << 8 | digest[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6) accept[o++] = letters[bits >> shift & 63];
	}
	accept[27] = '=';
	length = sprintf(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                         "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
	put(client, (uint8_t *)answer, length);
	client->is_websocket = true;
}

/* Takes one request; returns its length, 0 if it is not complete. The data of a publication is its last member. */
static size_t take_request(struct client *client, uint8_t *data, size_t available) {
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
	char *text = (char *)data, *body = memmem(text, available, "\r\n\r\n", 4);
	if (body == NULL) return 0;
	body += 4;
	char *key = memmem(text, body - text, "Sec-WebSocket-Key: ", 19);
	if (key != NULL) {
		shake_hands(client, key + 19);
		return body - text;
	}
	char *length_at = memmem(text, body - text, "Content-Length: ", 16);
	size_t length = length_at == NULL ? 0 : strtoul(length_at + 16, NULL, 10);
	if (available < (size_t)(body - text) + length) return 0;
	size_t name_length;
	const char *name = member(body, length, "\"subscription\":\"", &name_length);
	const char *published = memmem(body, length, "\"data\":", 7);
	if (name != NULL && published != NULL)
		publish(topic_named(name, name_length), published + 7, body + length - 1 - published - 7);
	put(client, (const uint8_t *)answer, sizeof answer - 1);
	return body - text + length;
}

/* Connections */

static void drop(struct client *client) {
	for (size_t i = 0; i < client->place_count; i++) leave(client->places[i]);
	clear(&client->unread);
	clear(&client->unsent);
	close(client->fd);
	free(client->places);
	free(client);
}

static void accept_all(int listener) {
	int fd, on = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		struct client *client = must(calloc(1, sizeof *client));
		client->fd = fd;
		watch(client, EPOLL_CTL_ADD, EPOLLIN);
	}
}

/* Reads what there is and takes all that is complete of it. */
static void receive(struct client *client) {
	size_t before = client->unread.length;
	if (before > 0) memcpy(input, client->unread.data, before);
	ssize_t received = recv(client->fd, input + before, READ_BYTES - before, MSG_DONTWAIT);
	if (received < 0 && errno == EAGAIN) return;
	if (received <= 0) {
		drop(client);
		return;
	}
	size_t length = before + received, at = 0, taken;
	input[length] = 0;
	do {
		taken = (client->is_websocket ? take_frame : take_request)(client, input + at, length - at);
		at += taken;
	} while (taken > 0 && at < length);
	clear(&client->unread);
	if (at < length) append(&client->unread, input + at, length - at);
}

static int listen_on(int port) {
	int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0) {
		perror("listen");
		exit(1);
	}
	return listener;
}

int main(void) {
	const char *port = getenv("PORT");
	struct rlimit files;
	if (port == NULL) return 2;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct client listener = { .fd = listen_on(atoi(port)) };
	watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
	for (;;) {
		struct epoll_event events[EVENTS];
		int count = epoll_wait(poll_fd, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			struct client *client = events[i].data.ptr;
			if (client == &listener) {
				accept_all(listener.fd);
				continue;
			}
			if ((events[i].events & EPOLLOUT) && client->unsent.length > 0) put_rest(client);
			if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(client);
		}
	}
}
