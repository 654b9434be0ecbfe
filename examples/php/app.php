<?php
/** The shop with PHP. It only speaks HTTP: Kittiwake holds the WebSockets, and asks. */
declare(strict_types=1);

const PASSWORDS = ['anna' => 'demo', 'ben' => 'demo', 'carla' => 'demo']; // yours are hashed
const STAFF = ['carla'];
const STATUSES = ['paid', 'packed', 'shipped'];
const TICKET_SECONDS = 30;
const SHARED = __DIR__ . '/../orders';

class Refused extends Exception {}

// The database

function database(): PDO
{
    static $db;
    if (!$db) {
        $db = new PDO('sqlite:' . (getenv('DATABASE') ?: 'orders.sqlite3'));
        $db->setAttribute(PDO::ATTR_DEFAULT_FETCH_MODE, PDO::FETCH_ASSOC);
        $db->exec('PRAGMA busy_timeout = 5000');
    }
    return $db;
}

/** All rows that a statement gives. */
function query(string $sql, mixed ...$values): array
{
    $statement = database()->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll();
}

/** All of it is committed, or none. */
function transaction(callable $work): mixed
{
    database()->exec('BEGIN IMMEDIATE');
    try {
        $result = $work();
        database()->exec('COMMIT');
        return $result;
    } catch (Throwable $error) {
        database()->exec('ROLLBACK');
        throw $error;
    }
}

function find_order(string $id): ?array
{
    return query('SELECT * FROM orders WHERE id = ?', $id)[0] ?? null;
}

function may_see(string $user, ?array $order): bool
{
    return $order && (in_array($user, STAFF, true) || $user === $order['customer']);
}

/** The change and what is to be told of it are one transaction: neither is there without the other. */
function change_order(string $id, string $status): array
{
    return transaction(function () use ($id, $status) {
        $sql = 'UPDATE orders SET status = ?, version = version + 1 WHERE id = ? RETURNING *';
        $order = query($sql, $status, $id)[0] ?? throw new Refused('There is no such order.', 404);
        leave('/publish', [
            'subscription' => "orders.{$order['id']}",
            'data' => $order,
            'options' => ['order' => $order['version']], // what is older than the client has it never gets
        ]);
        leave('/trigger', [
            'rooms' => [['customer' => $order['customer']]],
            'data' => ['text' => "Your {$order['book']} is $status."],
        ]);
        if ($status === 'shipped') query('UPDATE stock SET copies = copies - 1 WHERE book = ?', $order['book']);
        return $order;
    });
}

// The outbox

function leave(string $path, array $body): void
{
    query('INSERT INTO outbox (path, body) VALUES (?, ?)', $path, json_encode($body, JSON_THROW_ON_ERROR));
}

/** Tells Kittiwake what was committed, in order. What it cannot be told stays. One process does it: `php app.php relay`. */
function relay(): never
{
    while (true) {
        while ($row = query('SELECT * FROM outbox ORDER BY id LIMIT 1')[0] ?? null) {
            if (!is_told($row)) {
                sleep(1);
                continue;
            }
            query('DELETE FROM outbox WHERE id = ?', $row['id']);
        }
        usleep(100_000);
    }
}

function is_told(array $row): bool
{
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => ['content-type: application/json', 'authorization: Bearer ' . getenv('API_KEY')],
        'content' => $row['body'],
        'timeout' => 5,
        'ignore_errors' => true, // an answer with 400 is one
    ]]);
    $answer = @file_get_contents(gateway_url() . $row['path'], false, $context);
    $status = $answer === false ? 0 : (int) explode(' ', $http_response_header[0])[1];
    if ($status !== 200) error_log("Kittiwake answers {$row['path']} with $status: $answer");
    return $status === 200 || $status === 400; // what it does not take now it never will
}

// HTTP

/** Another site can make a browser send cookies, but not read them: only our page can say one again. */
function check_csrf_token(): void
{
    $token = $_COOKIE['csrftoken'] ?? '';
    if ($token === '' || !hash_equals($token, $_SERVER['HTTP_X_CSRFTOKEN'] ?? ''))
        throw new Refused('The CSRF token is missing or wrong.', 403);
}

/** No browser is behind these requests, so there is no CSRF token; they show a password instead. */
function check_kittiwake(): void
{
    $password = getenv('CALLBACK_PASSWORD') ?: throw new LogicException('CALLBACK_PASSWORD is not set.');
    if (!hash_equals("kittiwake:$password", ($_SERVER['PHP_AUTH_USER'] ?? '') . ':' . ($_SERVER['PHP_AUTH_PW'] ?? '')))
        throw new Refused('This is for Kittiwake.', 401);
}

function body(): array
{
    $body = json_decode(file_get_contents('php://input'), true);
    return is_array($body) ? $body : throw new Refused('This is no JSON object.', 400);
}

function logged_in_user(): string
{
    session_start(['read_and_close' => true]);
    return $_SESSION['user'] ?? throw new Refused('Log in first.', 401);
}

/** Who the session of a login belongs to; nobody when it has ended. Callbacks have no cookie. */
function user_of(string $login): ?string
{
    $session = query('SELECT session FROM logins WHERE login = ?', $login)[0]['session'] ?? null;
    if ($session === null) return null;
    session_id($session);
    session_start(['read_and_close' => true, 'use_cookies' => false, 'use_strict_mode' => false]);
    return $_SESSION['user'] ?? null;
}

function page(): void
{
    if (!isset($_COOKIE['csrftoken']))
        setcookie('csrftoken', bin2hex(random_bytes(16)), ['path' => '/', 'samesite' => 'Lax']);
    header('content-type: text/html; charset=utf-8');
    echo str_replace('{{gateway}}', gateway_url(), file_get_contents(SHARED . '/page.html'));
}

function log_in(): array
{
    check_csrf_token();
    $user = (string) (body()['name'] ?? '');
    if (!isset(PASSWORDS[$user]) || !hash_equals(PASSWORDS[$user], (string) (body()['password'] ?? '')))
        throw new Refused('There is no such user, or the password is wrong.', 403);
    session_start();
    session_regenerate_id(true); // nobody can have chosen it before
    $_SESSION = ['user' => $user, 'login' => bin2hex(random_bytes(9))];
    query('INSERT INTO logins VALUES (?, ?, ?)', $_SESSION['login'], session_id(), $user);
    return ['user' => $user];
}

function log_out(): array
{
    check_csrf_token();
    $user = logged_in_user();
    session_start();
    transaction(function () use ($user) {
        query('DELETE FROM logins WHERE login = ?', $_SESSION['login']);
        // Who is logged in elsewhere comes back with another ticket.
        leave('/disconnect', ['identity' => $user, 'reconnect' => true]);
    });
    session_destroy();
    return ['user' => null];
}

function issue_ticket(): array
{
    check_csrf_token();
    logged_in_user();
    $ticket = bin2hex(random_bytes(24));
    query('DELETE FROM tickets WHERE expires < ?', time());
    query('INSERT INTO tickets VALUES (?, ?, ?)', $ticket, $_SESSION['login'], time() + TICKET_SECONDS);
    return ['ticket' => $ticket];
}

function list_orders(): array
{
    $user = logged_in_user();
    $orders = array_filter(query('SELECT * FROM orders ORDER BY id'), fn($order) => may_see($user, $order));
    return ['user' => $user, 'staff' => in_array($user, STAFF, true), 'orders' => array_values($orders)];
}

function update_order(string $id): array
{
    check_csrf_token();
    if (!in_array(logged_in_user(), STAFF, true)) throw new Refused('Only staff may do this.', 403);
    $status = body()['status'] ?? null;
    if (!in_array($status, STATUSES, true)) throw new Refused('There is no such status.', 400);
    try {
        return change_order($id, $status);
    } catch (PDOException $error) {
        if ($error->getCode() !== '23000') throw $error;
        throw new Refused('There is no copy left.', 409); // CHECK (copies >= 0)
    }
}

// What Kittiwake asks

/** A ticket is good once, and for a short time. */
function whose_ticket(): array
{
    check_kittiwake();
    $sql = 'DELETE FROM tickets WHERE ticket = ? AND expires >= ? RETURNING login';
    $login = query($sql, (string) body()['ticket'], time())[0]['login'] ?? '';
    $user = user_of($login);
    if ($user === null) return ['status' => 'error', 'error' => 'The ticket is used or too old.'];
    return ['status' => 'ok', 'user_id' => $user, 'login' => $login];
}

function authorizer(): array
{
    check_kittiwake();
    $user = user_of(body()['login']);
    if ($user === null) return ['status' => 'error', 'error' => 'Log in first.'];
    if (!may_see($user, find_order(order_id()))) return ['status' => 'error', 'error' => 'This is not your order.'];
    return ['status' => 'ok'];
}

function state(): array
{
    check_kittiwake();
    $order = find_order(order_id());
    return ['status' => 'ok', 'data' => $order, 'options' => ['order' => $order['version']]];
}

/** Asked with the cookies of the visitor's browser: any status but 200 refuses. */
function rooms(): array
{
    $user = logged_in_user();
    return ['allowed_rooms' => [['customer' => in_array($user, STAFF, true) ? '*' : $user]]];
}

/** Of the topic that is asked about. */
function order_id(): string
{
    return substr(body()['subscription'], strlen('orders.'));
}

function gateway_url(): string
{
    return getenv('GATEWAY_URL') ?: 'http://127.0.0.1:9000';
}

function answer(): ?array
{
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    return match ("{$_SERVER['REQUEST_METHOD']} " . preg_replace('/\d+/', '#', $path)) {
        'GET /' => page(),
        'POST /login' => log_in(),
        'POST /logout' => log_out(),
        'POST /ticket' => issue_ticket(),
        'GET /orders' => list_orders(),
        'POST /orders/#' => update_order(basename($path)),
        'POST /kittiwake/ticket' => whose_ticket(),
        'POST /kittiwake/authorizer' => authorizer(),
        'POST /kittiwake/state' => state(),
        'GET /kittiwake/rooms' => rooms(),
        default => throw new Refused('There is nothing here.', in_array($_SERVER['REQUEST_METHOD'], ['GET', 'POST'], true) ? 404 : 405),
    };
}

if (PHP_SAPI === 'cli') {
    database()->exec(file_get_contents(SHARED . '/schema.sql'));
    if (($argv[1] ?? '') === 'relay') relay();
    exit; // the tables are there
}

ini_set('session.cookie_httponly', '1');
ini_set('session.cookie_samesite', 'Lax');
ini_set('session.use_strict_mode', '1'); // no session that a browser made up
try {
    $answer = answer();
} catch (Refused $refused) {
    http_response_code($refused->getCode());
    $answer = ['error' => $refused->getMessage()];
}
if ($answer !== null) {
    header('content-type: application/json');
    echo json_encode($answer, JSON_THROW_ON_ERROR);
}
