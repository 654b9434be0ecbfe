<?php

/**
 * Whether a request is from the gateway.
 *
 * @param array $server $_SERVER
 * @param string $body file_get_contents('php://input'): JSON that was parsed and written again is something else
 * @param string[] $secrets those of the gateway, and while they are changed the old ones as well
 */
function is_from_gateway(array $server, string $body, array $secrets, int $toleranceSeconds = 300): bool
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if ($id === '' || !preg_match('/\A\d{1,12}\z/', $timestamp)) {
        return false;
    }
    if (abs(time() - (int) $timestamp) > $toleranceSeconds) {
        return false;
    }
    $given = explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '');
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/\Awhsec_/', '', $secret));
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach ($given as $one) {
            if (hash_equals($expected, $one)) {
                return true;
            }
        }
    }
    return false;
}
