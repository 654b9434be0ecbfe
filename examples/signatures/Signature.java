import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

final class Signature {
  private static final long TOLERANCE_SECONDS = 300;

  /**
   * Whether a request is from the gateway.
   *
   * @param header the value of a header by its name, or null: request::getHeader of a servlet.
   * @param body as it came: JSON that was parsed and written again is something else.
   * @param secrets those of the gateway, and while they are changed the old ones as well.
   */
  static boolean isFromGateway(Function<String, String> header, byte[] body, List<String> secrets)
      throws GeneralSecurityException {
    String id = header.apply("webhook-id");
    String timestamp = header.apply("webhook-timestamp");
    String signatures = header.apply("webhook-signature");
    if (id == null || id.isEmpty() || signatures == null) return false;
    if (timestamp == null || !timestamp.matches("[0-9]{1,12}")) return false;
    long ageSeconds = System.currentTimeMillis() / 1000 - Long.parseLong(timestamp);
    if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) return false;
    for (String secret : secrets) {
      byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.ISO_8859_1));
      byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
      for (String one : signatures.split(" ")) {
        if (MessageDigest.isEqual(expected, one.getBytes(StandardCharsets.ISO_8859_1))) return true;
      }
    }
    return false;
  }
}
