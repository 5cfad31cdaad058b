/**
 * What a failure means: it may be gone a moment later (`transient`); somebody asked for less (`throttled`); the same call
 * will fail again (`permanent`); or no table knows it (`unknown`).
 */
export type FailureClass = 'transient' | 'throttled' | 'permanent' | 'unknown';

/** Codes with which a request is certainly not sent, separated by `|`: a client looks at the certificate first. */
export const neverSentCodes: string =
  // connect(2); getaddrinfo(3); Node, lib/internal/errors.js; undici, lib/core/errors.js.
  'ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_CONNECTION_TIMEOUT|UND_ERR_CONNECT_TIMEOUT|' +
  // Node, TLS, X509 certificate error codes.
  'CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_ALTNAME_INVALID|' +
  'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/**
 * Codes, names, statuses and messages by what they mean, separated by `|`. `grpc14` is the status 14 of gRPC, `-BUSY` an
 * error reply of Redis, `08xxx` a class of SQLSTATEs. Of messages, the first 24 characters are there.
 */
export const failureCodes: { readonly [Class in Exclude<FailureClass, 'unknown'>]: string } = {
  transient:
    // RFC 9110, 15.5.9 and 15.6; RFC 8470, 5.2 (425); Cloudflare, 5xx errors (520 to 524); Anthropic, Errors (529).
    '408|425|500|502|503|504|520|521|522|523|524|529|' +
    // src/base/errors.ts.
    'ERR_CIRCUIT_OPEN|ERR_STREAM_IDLE|ERR_STREAM_INCOMPLETE|ERR_STREAM_INTERRUPTED|ERR_TIMEOUT|' +
    // Node, Errors; errno(3).
    'ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_CONNECTION_TIMEOUT|UND_ERR_CONNECT_TIMEOUT|' +
    'EADDRNOTAVAIL|ECONNABORTED|ECONNRESET|EHOSTUNREACH|ENETDOWN|' +
    'ENETUNREACH|EPIPE|ETIMEDOUT|ERR_HTTP2_GOAWAY_SESSION|' +
    'ERR_HTTP2_STREAM_ERROR|ERR_STREAM_PREMATURE_CLOSE|' +
    // undici, lib/core/errors.js.
    'HTTPParserError|UND_ERR_BODY_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_SOCKET|' +
    // Web IDL, DOMException names; the fetch of Chromium, Firefox, Safari, Workers, React Native and Deno.
    'NetworkError|TimeoutError|Failed to fetch|network error|NetworkError when attemp|Load failed|' +
    'The network connection w|The Internet connection |Network connection lost.|Network request failed|' +
    'error reading a body fro|connection closed before|tcp connect error|dns error|Connection reset by peer|' +
    // axios, lib/core/AxiosError.js.
    'ERR_NETWORK|' +
    // openai, src/core/error.ts; OpenAI, Error codes; Anthropic, Errors; WebLLM, src/error.ts.
    'APIConnectionError|APIConnectionTimeoutError|api_error|overloaded_error|server_error|timeout_error|DeviceLostError|' +
    // @smithy/core, retry constants.
    'RequestTimeout|RequestTimeoutException|' +
    // gRPC, Status codes and their use in gRPC.
    'grpc4|grpc10|grpc14|' +
    // PostgreSQL, Appendix A; pg, lib/client.js.
    '08xxx|40000|40001|40P01|55P03|57P01|57P02|57P03|25P03|57P05|Connection terminated|Connection terminated un|' +
    'Connection terminated du|Client has encountered a|timeout expired|' +
    // postgres, src/connection.js.
    'CONNECTION_CLOSED|CONNECT_TIMEOUT|' +
    // MySQL, Error message reference; MariaDB, Error codes; mysql2, lib/base/connection.js.
    'ER_CHECKREAD|ER_LOCK_DEADLOCK|ER_LOCK_NOWAIT|ER_LOCK_WAIT_TIMEOUT|ER_SERVER_SHUTDOWN|' +
    "PROTOCOL_CONNECTION_LOST|Can't add new command wh|" +
    // Prisma, Error message reference.
    'P1001|P1002|P1008|P1017|P2034|' +
    // Redis, Error messages; ioredis, lib; redis, packages/client/lib/errors.ts.
    '-BUSY|-CLUSTERDOWN|-LOADING|-MASTERDOWN|-NOREPLICAS|-READONLY|-TRYAGAIN|ClientOfflineError|' +
    'ConnectionTimeoutError|MaxRetriesPerRequestError|' +
    'SocketClosedUnexpectedlyError|WatchError|Command aborted due to c|Command timed out|' +
    "Connection is closed.|Stream isn't writeable a",
  throttled:
    // RFC 6585, 4.
    '429|' +
    // src/base/errors.ts.
    'ERR_BULKHEAD_FULL|ERR_RATE_LIMITED|ERR_THROTTLED|' +
    // errno(3): this process has too much open at once.
    'EMFILE|ENFILE|ENOBUFS|' +
    // OpenAI, Error codes; Anthropic, Errors.
    'rate_limit_error|rate_limit_exceeded|' +
    // @smithy/core, retry constants.
    'LimitExceededException|' +
    'ProvisionedThroughputExceededException|RequestLimitExceeded|RequestThrottled|SlowDown|' +
    'ThrottledException|Throttling|ThrottlingException|TooManyRequestsException|' +
    // gRPC, Status codes and their use in gRPC.
    'grpc8|' +
    // PostgreSQL, Appendix A; pg-pool, index.js.
    '53200|53300|timeout exceeded when tr|' +
    // MySQL, Error message reference; mysql2, lib/base/pool.js.
    'ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED|No connections available|' +
    'Queue limit reached.|' +
    // Prisma, Error message reference.
    'P2024|P2037|' +
    // Redis, Error messages.
    '-OOM|ERR max number of client',
  permanent:
    // RFC 9110, 15.6.2 and 15.6.6. Every 4xx that is in no row is permanent too.
    '501|505|' +
    // src/base/check.ts.
    'ERR_INVALID_ARGUMENT|' +
    // Node, Errors.
    'ABORT_ERR|ERR_INVALID_ARG_TYPE|ERR_INVALID_URL|' +
    'CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_ALTNAME_INVALID|' +
    'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE|' +
    // undici, lib/core/errors.js and lib/web/fetch/index.js.
    'bad port|unknown scheme|' +
    // DOM, AbortSignal; the fetch of Bun and Deno.
    'AbortError|invalid peer certificate|' +
    // axios, lib/core/AxiosError.js; got, source/core/errors.ts.
    'ERR_CANCELED|' +
    // openai, src/core/error.ts; OpenAI, Error codes.
    'APIUserAbortError|insufficient_quota|' +
    // gRPC, Status codes and their use in gRPC.
    'grpc1|grpc3|grpc5|grpc6|grpc7|grpc9|grpc11|grpc12|grpc15|grpc16|' +
    // PostgreSQL, Appendix A; pg, lib/client.js.
    '22xxx|23xxx|28xxx|42xxx|57014|Query read timeout|' +
    // postgres, src/connection.js, src/index.js and src/types.js.
    'CONNECTION_ENDED|MAX_PARAMETERS_EXCEEDED|MESSAGE_NOT_SUPPORTED|NOT_TAGGED_CALL|SASL_SIGNATURE_MISMATCH|' +
    'UNDEFINED_VALUE|UNSAFE_TRANSACTION|' +
    // MySQL, Error message reference; MariaDB, Error codes; mysql2, lib/commands/query.js.
    'ER_QUERY_INTERRUPTED|ER_QUERY_TIMEOUT|' +
    'ER_STATEMENT_TIMEOUT|PROTOCOL_SEQUENCE_TIMEOUT|' +
    // Prisma, Error message reference.
    'P1000|P1003|P1010|P1012|P1013|P1014|P1015|P1016|' +
    'P2000|P2001|P2002|P2003|P2004|P2005|P2006|P2007|P2008|P2009|P2011|P2012|P2013|P2014|P2015|P2017|P2018|P2019|' +
    'P2020|P2021|P2022|P2023|P2025|P2026|P2029|P2030|P2031|P2033',
};
