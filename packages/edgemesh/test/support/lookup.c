/* Asks the C library it is linked with for the addresses of a name, as any program does. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int error = getaddrinfo(argc > 1 ? argv[1] : "", NULL, &hints, &found);
  if (error != 0) {
    printf("%s\n", error == EAI_NONAME ? "no such name" : gai_strerror(error));
    return 0;
  }
  for (; found; found = found->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void *address = found->ai_family == AF_INET
                              ? (const void *)&((struct sockaddr_in *)found->ai_addr)->sin_addr
                              : (const void *)&((struct sockaddr_in6 *)found->ai_addr)->sin6_addr;
    printf("%s\n", inet_ntop(found->ai_family, address, text, sizeof text));
  }
  return 0;
}
