require 'openssl'

# Whether a request is from the gateway.
#
# env: that of Rack.
# body: request.body.read, as it came. JSON that was parsed and written again is something else.
# secrets: those of the gateway, and while they are changed the old ones as well.
def from_gateway?(env, body, secrets, tolerance_seconds: 300)
  id = env['HTTP_WEBHOOK_ID'].to_s
  timestamp = env['HTTP_WEBHOOK_TIMESTAMP'].to_s
  return false if id.empty? || !timestamp.match?(/\A\d{1,12}\z/)
  return false if (Time.now.to_i - timestamp.to_i).abs > tolerance_seconds

  given = env['HTTP_WEBHOOK_SIGNATURE'].to_s.split(' ')
  signed = "#{id}.#{timestamp}.".b + body.b
  secrets.any? do |secret|
    key = secret.delete_prefix('whsec_').unpack1('m')
    expected = 'v1,' + [OpenSSL::HMAC.digest('SHA256', key, signed)].pack('m0')
    given.any? { |one| OpenSSL.secure_compare(one, expected) }
  end
end
