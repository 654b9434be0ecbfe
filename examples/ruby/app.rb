# The shop with Ruby and WEBrick. It only speaks HTTP: Kittiwake holds the WebSockets, and asks.

require 'json'
require 'net/http'
require 'openssl'
require 'securerandom'
require 'sqlite3'
require 'webrick'

HOST = ENV.fetch('HOST', '127.0.0.1')
PORT = Integer(ENV.fetch('PORT', '8000'))
GATEWAY_URL = ENV.fetch('GATEWAY_URL', 'http://127.0.0.1:9000')
API_KEY = ENV.fetch('API_KEY')
CALLBACKS_ARE_FROM = "Basic #{["kittiwake:#{ENV.fetch('CALLBACK_PASSWORD')}"].pack('m0')}"
DATABASE = ENV.fetch('DATABASE', 'orders.sqlite3')
SHARED = File.expand_path('../orders', __dir__)

PASSWORDS = { 'anna' => 'demo', 'ben' => 'demo', 'carla' => 'demo' } # yours are hashed
STAFF = ['carla']
STATUSES = %w[paid packed shipped]
TICKET_SECONDS = 30
MAX_BODY_BYTES = 64 * 1024

class Refused < StandardError
  attr_reader :status

  def initialize(status, error)
    super(error)
    @status = status
  end
end

# Rows are hashes of their columns; all that is done in a transaction is committed, or none.
class Database
  # One thread at a time: who waits inside of SQLite holds up all threads, the one that it waits for too.
  LOCK = Mutex.new

  def self.transaction
    LOCK.synchronize do
      db = SQLite3::Database.new(DATABASE, results_as_hash: true)
      result = nil
      db.transaction(:immediate) { result = yield new(db) }
      result
    ensure
      db&.close
    end
  end

  def self.rows(sql, *values)
    transaction { |db| db.rows(sql, *values) }
  end

  def initialize(db)
    @db = db
  end

  def rows(sql, *values)
    @db.execute(sql, values)
  end

  def leave(path, body)
    rows('INSERT INTO outbox (path, body) VALUES (?, ?)', path, JSON.generate(body))
  end
end

module Orders
  def self.find(id)
    Database.rows('SELECT * FROM orders WHERE id = ?', id).first
  end

  def self.visible?(order, user)
    order && (STAFF.include?(user) || order['customer'] == user)
  end

  # The change and what is to be told of it are one transaction: neither is there without the other.
  def self.change(id, status)
    order = Database.transaction do |db|
      changed = db.rows('UPDATE orders SET status = ?, version = version + 1 WHERE id = ? RETURNING *', status, id).first
      raise Refused.new(404, 'There is no such order.') unless changed

      # With "order", what is older than a client has it never gets.
      db.leave('/publish', subscription: "orders.#{changed['id']}", data: changed, options: { order: changed['version'] })
      note = { text: "Your #{changed['book']} is #{status}." }
      db.leave('/trigger', rooms: [{ customer: changed['customer'] }], data: note)
      db.rows('UPDATE stock SET copies = copies - 1 WHERE book = ?', changed['book']) if status == 'shipped'
      changed
    end
    Outbox.committed
    order
  end
end

# Tells Kittiwake what was committed, in order. What it cannot be told stays, also over a restart.
module Outbox
  @commits = Queue.new

  def self.committed
    @commits << true
  end

  def self.relay
    loop do
      while (row = Database.rows('SELECT * FROM outbox ORDER BY id LIMIT 1').first)
        tell(row)
        Database.rows('DELETE FROM outbox WHERE id = ?', row['id'])
      end
      @commits.pop
    rescue StandardError => e
      warn "Kittiwake cannot be told, and will be later: #{e.message}"
      sleep 1
    end
  end

  def self.tell(row)
    uri = URI(GATEWAY_URL + row['path'])
    headers = { 'content-type' => 'application/json', 'authorization' => "Bearer #{API_KEY}" }
    response = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https', read_timeout: 5) do |http|
      http.post(uri.path, row['body'], headers)
    end
    if response.code == '400' # what it does not take now it never will
      warn "Kittiwake does not take #{row['body']}: #{response.body}"
    else
      response.value # raises unless it is 2xx
    end
  end
end

# What browsers ask, and what Kittiwake does.
class Shop < WEBrick::HTTPServlet::AbstractServlet
  ROUTES = {
    'GET /' => :page,
    'POST /login' => :log_in,
    'POST /logout' => :log_out,
    'POST /ticket' => :issue_ticket,
    'GET /orders' => :list_orders,
    'POST /orders/#' => :update_order,
    'POST /kittiwake/ticket' => :whose_ticket,
    'POST /kittiwake/authorizer' => :authorizer,
    'POST /kittiwake/state' => :state,
    'GET /kittiwake/rooms' => :rooms
  }.freeze

  def service(request, response)
    @request = request
    @response = response
    response['content-type'] = 'application/json'
    view = ROUTES["#{request.request_method} #{request.path.gsub(/\d+/, '#')}"]
    raise Refused.new(%w[GET POST].include?(request.request_method) ? 404 : 405, 'There is nothing here.') unless view

    answer = send(view)
    response.body = answer.is_a?(String) ? answer : JSON.generate(answer)
  rescue Refused => e
    response.status = e.status
    response.body = JSON.generate(error: e.message)
  end

  private

  def page
    set_cookie('csrftoken', SecureRandom.hex(16)) unless cookie('csrftoken')
    @response['content-type'] = 'text/html; charset=utf-8'
    File.read("#{SHARED}/page.html").sub('{{gateway}}', GATEWAY_URL)
  end

  def log_in
    check_csrf_token
    user = body['name'].to_s
    unless PASSWORDS.key?(user) && same?(PASSWORDS[user], body['password'].to_s)
      raise Refused.new(403, 'There is no such user, or the password is wrong.')
    end

    session = SecureRandom.urlsafe_base64(24)
    Database.rows('INSERT INTO logins VALUES (?, ?, ?)', SecureRandom.urlsafe_base64(9), session, user)
    set_cookie('session', session, '; HttpOnly')
    { user: user }
  end

  def log_out
    check_csrf_token
    ended = login
    Database.transaction do |db|
      db.rows('DELETE FROM logins WHERE login = ?', ended['login'])
      # Who is logged in elsewhere comes back with another ticket.
      db.leave('/disconnect', identity: ended['customer'], reconnect: true)
    end
    Outbox.committed
    set_cookie('session', '', '; Max-Age=0')
    {}
  end

  def issue_ticket
    check_csrf_token
    ticket = SecureRandom.urlsafe_base64(24)
    Database.rows('DELETE FROM tickets WHERE expires < ?', Time.now.to_i)
    Database.rows('INSERT INTO tickets VALUES (?, ?, ?)', ticket, login['login'], Time.now.to_i + TICKET_SECONDS)
    { ticket: ticket }
  end

  def list_orders
    user = login['customer']
    orders = Database.rows('SELECT * FROM orders ORDER BY id').select { |order| Orders.visible?(order, user) }
    { user: user, staff: STAFF.include?(user), orders: orders }
  end

  def update_order
    check_csrf_token
    raise Refused.new(403, 'Only staff may do this.') unless STAFF.include?(login['customer'])
    raise Refused.new(400, 'There is no such status.') unless STATUSES.include?(body['status'])

    Orders.change(@request.path[/\d+/].to_i, body['status'])
  rescue SQLite3::ConstraintException
    raise Refused.new(409, 'There is no copy left.')
  end

  # What Kittiwake asks

  # A ticket is good once, and for a short time.
  def whose_ticket
    check_kittiwake
    sql = 'DELETE FROM tickets WHERE ticket = ? AND expires >= ? RETURNING login'
    used = Database.rows(sql, body['ticket'].to_s, Time.now.to_i).first
    login = used && login_named(used['login'])
    return { status: 'error', error: 'The ticket is used or too old.' } unless login

    { status: 'ok', user_id: login['customer'], login: login['login'] }
  end

  def authorizer
    check_kittiwake
    login = login_named(body['login'])
    return { status: 'error', error: 'Log in first.' } unless login
    return { status: 'error', error: 'This is not your order.' } unless Orders.visible?(order, login['customer'])

    { status: 'ok' }
  end

  def state
    check_kittiwake
    { status: 'ok', data: order, options: { order: order['version'] } }
  end

  # Asked with the cookies of the visitor's browser: any status but 200 refuses.
  def rooms
    user = login['customer']
    { allowed_rooms: [{ customer: STAFF.include?(user) ? '*' : user }] }
  end

  # The order that a callback is about.
  def order
    Orders.find(body['subscription'].delete_prefix('orders.'))
  end

  # Another site can make a browser send cookies, but not read them: only our page can say one again.
  def check_csrf_token
    token = cookie('csrftoken')
    return if token && same?(token, @request['x-csrftoken'].to_s)

    raise Refused.new(403, 'The CSRF token is missing or wrong.')
  end

  # No browser is behind these requests, so there is no CSRF token; they show a password instead.
  def check_kittiwake
    return if same?(CALLBACKS_ARE_FROM, @request['authorization'].to_s)

    raise Refused.new(401, 'This is for Kittiwake.')
  end

  def same?(one, other)
    OpenSSL.secure_compare(one, other)
  end

  def login
    Database.rows('SELECT * FROM logins WHERE session = ?', cookie('session')).first or
      raise Refused.new(401, 'Log in first.')
  end

  def login_named(name)
    Database.rows('SELECT * FROM logins WHERE login = ?', name).first
  end

  def body
    raise Refused.new(413, 'This is too much.') if @request.content_length > MAX_BODY_BYTES

    parsed = JSON.parse(@request.body || '')
    parsed.is_a?(Hash) ? parsed : raise(Refused.new(400, 'This is no JSON object.'))
  rescue JSON::ParserError
    raise Refused.new(400, 'This is no JSON.')
  end

  def cookie(name)
    # Text, not bytes, or SQLite takes it for a BLOB.
    @request.cookies.find { |cookie| cookie.name == name }&.value&.dup&.force_encoding('UTF-8')
  end

  def set_cookie(name, value, attributes = '')
    @response.cookies << "#{name}=#{value}; Path=/; SameSite=Lax#{attributes}"
  end
end

SQLite3::Database.new(DATABASE) { |db| db.execute_batch(File.read("#{SHARED}/schema.sql")) }
Thread.new { Outbox.relay }
server = WEBrick::HTTPServer.new(BindAddress: HOST, Port: PORT, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))
server.mount('/', Shop)
%w[INT TERM].each { |signal| trap(signal) { server.shutdown } }
puts "http://#{HOST}:#{PORT}"
server.start
