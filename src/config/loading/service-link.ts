const HOST_OR_PORT = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$/;
const PORT_DETAIL = /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const PORT_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/**
 * Whether a variable was set by Kubernetes or Docker, not by an operator: in the namespace of a service called
 * `kittiwake`, every container gets `KITTIWAKE_PORT=tcp://10.0.0.1:9000`, `KITTIWAKE_SERVICE_HOST` and others.
 */
export function isServiceLink(name: string, value: string): boolean {
  return (
    HOST_OR_PORT.test(name) || PORT_DETAIL.test(name) || (name.endsWith('_PORT') && PORT_ADDRESS.test(value))
  );
}
