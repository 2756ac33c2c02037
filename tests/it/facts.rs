//! Facts about foreign crates, seen from outside: which calls may be joined, and what holds the others back.
//!
//! In: two awaits of a function in a package that depends on a crate. Out: whether a run reports them, or the blocker that
//! `--why` shows. Nothing here is compiled; what the crates do is in `knowledge/`.

use crate::cli::conjoin;
use crate::tree::{manifest, tree};

/// One case: the crate, what the file imports, the parameters, two awaits, and the blocker of the second; none when it
/// is reported.
struct Case {
    krate: &'static str,
    imports: &'static str,
    params: &'static str,
    calls: [&'static str; 2],
    blocker: Option<&'static str>,
}

const fn joins(krate: &'static str, imports: &'static str, params: &'static str, calls: [&'static str; 2]) -> Case {
    Case { krate, imports, params, calls, blocker: None }
}

const fn stays(
    krate: &'static str,
    imports: &'static str,
    params: &'static str,
    calls: [&'static str; 2],
    blocker: &'static str,
) -> Case {
    Case { krate, imports, params, calls, blocker: Some(blocker) }
}

const POOL: &str = "pool: &PgPool, id: i64";
const REDIS: &str = "redis: &mut MultiplexedConnection, id: u64";

#[rustfmt::skip]
const CASES: [Case; 48] = [
    // The verb of a request says what sending it does.
    joins("reqwest", "use reqwest::Client;", "client: &Client", ["client.get(\"/a\").send()", "client.get(\"/b\").header(\"x\", \"y\").send()"]),
    stays("reqwest", "use reqwest::Client;", "client: &Client", ["client.post(\"/a\").json(&1).send()", "client.get(\"/b\").send()"], "write(send)"),
    stays("reqwest", "use reqwest::Client;", "client: &Client", ["client.get(\"/a\").send()", "client.delete(\"/b\").send()"], "write(send)"),
    // SQL text, of functions and of macros; a pool and one connection.
    joins("sqlx", "use sqlx::PgPool;", POOL, ["sqlx::query(\"SELECT * FROM users WHERE id = $1\").bind(id).fetch_one(pool)", "sqlx::query(\"SELECT * FROM orders\").fetch_all(pool)"]),
    joins("sqlx", "use sqlx::PgPool;", POOL, ["sqlx::query_as!(User, \"SELECT * FROM users WHERE id = $1\", id).fetch_one(pool)", "sqlx::query!(\"SELECT id FROM orders\").fetch_all(pool)"]),
    stays("sqlx", "use sqlx::PgPool;", POOL, ["sqlx::query(\"INSERT INTO users (id) VALUES ($1) RETURNING id\").bind(id).fetch_one(pool)", "sqlx::query(\"SELECT * FROM users\").fetch_all(pool)"], "write(fetch_one)"),
    stays("sqlx", "use sqlx::PgPool;", POOL, ["sqlx::query!(\"DELETE FROM users WHERE id = $1 RETURNING id\", id).fetch_one(pool)", "sqlx::query!(\"SELECT id FROM users\").fetch_all(pool)"], "write(fetch_one)"),
    stays("sqlx", "use sqlx::PgConnection;", "conn: &mut PgConnection, id: i64", ["sqlx::query(\"SELECT 1\").fetch_one(&mut *conn)", "sqlx::query(\"SELECT 2\").fetch_one(&mut *conn)"], "borrow(conn)"),
    stays("sqlx", "use sqlx::SqlitePool;", "pool: &SqlitePool", ["sqlx::query!(\"SELECT id FROM a\").fetch_one(pool)", "sqlx::query!(\"SELECT id FROM b\").fetch_all(pool)"], "fence(local)"),
    stays("sqlx", "use sqlx::PgPool;", POOL, ["pool.begin()", "sqlx::query(\"SELECT 2\").fetch_one(pool)"], "fence(acquire)"),
    // Connections that are borrowed exclusively, and the names of commands.
    stays("redis", "use redis::{AsyncCommands, aio::MultiplexedConnection};", REDIS, ["redis.get(id)", "redis.get(id + 1)"], "borrow(redis)"),
    joins("redis", "use redis::{AsyncCommands, aio::MultiplexedConnection};", "one: &mut MultiplexedConnection, two: &mut MultiplexedConnection", ["one.hgetall(\"a\")", "two.mget(&[\"b\"])"]),
    stays("redis", "use redis::{AsyncCommands, aio::MultiplexedConnection};", "one: &mut MultiplexedConnection, two: &mut MultiplexedConnection", ["one.incr(\"a\", 1)", "two.get(\"b\")"], "write(incr)"),
    // Query builders: the beginning of the chain decides.
    joins("diesel_async", "use diesel_async::RunQueryDsl;", "one: &mut Conn, two: &mut Conn", ["users::table.filter(users::id.eq(1)).first(one)", "orders::table.load(two)"]),
    stays("diesel_async", "use diesel_async::RunQueryDsl;", "one: &mut Conn, two: &mut Conn", ["diesel::insert_into(users::table).values(1).get_result(one)", "orders::table.load(two)"], "write(get_result)"),
    joins("sea_orm", "use sea_orm::{DatabaseConnection, EntityTrait};", "db: &DatabaseConnection", ["users::Entity::find().all(db)", "orders::Entity::find_by_id(1).one(db)"]),
    stays("sea_orm", "use sea_orm::{DatabaseTransaction, EntityTrait};", "tx: &DatabaseTransaction", ["users::Entity::find().all(tx)", "orders::Entity::find().all(tx)"], "fence(connection)"),
    stays("sea_orm", "use sea_orm::{DatabaseConnection, EntityTrait};", "db: &DatabaseConnection", ["users::Entity::insert(user).exec(db)", "orders::Entity::find().all(db)"], "write(exec)"),
    joins("sea_orm_migration", "use sea_orm_migration::SchemaManager;", "one: &SchemaManager, two: &SchemaManager", ["one.has_table(\"a\")", "two.has_table(\"b\")"]),
    stays("sea_orm_migration", "use sea_orm_migration::SchemaManager;", "manager: &SchemaManager", ["manager.has_table(\"a\")", "manager.has_table(\"b\")"], "fence(connection)"),
    joins("tokio_postgres", "use tokio_postgres::Client;", "client: &Client", ["client.query(\"SELECT * FROM a\", &[])", "client.query_one(\"SELECT * FROM b\", &[])"]),
    stays("tokio_postgres", "use tokio_postgres::Client;", "client: &Client", ["client.query(\"UPDATE a SET b = 1 RETURNING b\", &[])", "client.query_one(\"SELECT * FROM a\", &[])"], "write(query)"),
    joins("mongodb", "use mongodb::Collection;", "users: &Collection<User>, orders: &Collection<Order>", ["users.find_one(filter)", "orders.count_documents(other)"]),
    stays("mongodb", "use mongodb::Collection;", "users: &Collection<User>, orders: &Collection<Order>", ["users.insert_one(user)", "orders.find_one(other)"], "write(insert_one)"),
    // Clouds: by the names of operations, and not by all of them.
    joins("aws_sdk_s3", "use aws_sdk_s3::Client;", "s3: &Client", ["s3.get_object().bucket(\"a\").send()", "s3.head_object().bucket(\"b\").send()"]),
    stays("aws_sdk_s3", "use aws_sdk_s3::Client;", "s3: &Client", ["s3.put_object().bucket(\"a\").send()", "s3.list_objects_v2().bucket(\"a\").send()"], "write(send)"),
    stays("aws_sdk_sqs", "use aws_sdk_sqs::Client;", "sqs: &Client", ["sqs.receive_message().send()", "sqs.get_queue_url().send()"], "write(send)"),
    joins("object_store", "use object_store::ObjectStore;", "store: &dyn ObjectStore", ["store.head(one)", "store.get(two)"]),
    stays("object_store", "use object_store::ObjectStore;", "store: &dyn ObjectStore", ["store.put(one, bytes)", "store.get(two)"], "write(put)"),
    joins("opendal", "use opendal::Operator;", "store: &Operator", ["store.stat(\"a\")", "store.read(\"a\")"]),
    stays("hf_hub", "use hf_hub::api::tokio::ApiRepo;", "repo: &ApiRepo", ["repo.get(\"a\")", "repo.info()"], "write(get)"),
    stays("hf_hub", "use hf_hub::api::tokio::ApiRepo;", "(repo, _): Pair", ["repo.get(\"a\")", "repo.info()"], "unknown(get)"),
    joins("solana_client", "use solana_client::nonblocking::rpc_client::RpcClient;", "rpc: &RpcClient", ["rpc.get_balance(one)", "rpc.get_health()"]),
    stays("solana_client", "use solana_client::nonblocking::rpc_client::RpcClient;", "rpc: &RpcClient", ["rpc.get_slot()", "rpc.get_health()"], "fence(version)"),
    stays("alloy", "use alloy::providers::Provider;", "chain: &impl Provider, sent: Sent", ["sent.get_receipt()", "chain.get_chain_id()"], "fence(event)"),
    stays("opendal", "use opendal::Operator;", "store: &Operator", ["store.stat(\"a\")", "store.reader(\"a\")"], "fence(ready)"),
    stays("opendal", "use opendal::Operator;", "store: &Operator", ["store.write(\"a\", bytes)", "store.read(\"a\")"], "write(write)"),
    joins("kube", "use kube::Api;", "pods: &Api<Pod>, nodes: &Api<Node>", ["pods.get(\"a\")", "nodes.list(&params)"]),
    stays("kube", "use kube::Api;", "pods: &Api<Pod>, nodes: &Api<Node>", ["pods.patch(\"a\", &params, &patch)", "nodes.get(\"a\")"], "write(patch)"),
    // Our own: a loader reads, a writer writes, and what is put into a loader by hand is found by what is loaded later.
    joins("conjoin", "use conjoin::Loader;", "names: &Loader<Names>, photos: &Loader<Photos>", ["names.get(1)", "photos.get(2)"]),
    stays("conjoin", "use conjoin::{Loader, Writer};", "visits: &Writer<Visits>, names: &Loader<Names>", ["visits.put(1)", "names.get(2)"], "write(put)"),
    stays("conjoin", "use conjoin::{Loader, Writer};", "names: &Loader<Names>, visits: &Writer<Visits>", ["names.get(1)", "visits.put(2)"], "write(put)"),
    stays("tower_sessions", "use tower_sessions::Session;", "session: &Session", ["session.get(\"a\")", "session.get(\"b\")"], "fence(local)"),
    stays("tower_sessions", "use tower_sessions::Session;", "session: &Session", ["session.insert(\"a\", 1)", "session.get(\"b\")"], "write(insert)"),
    // Files of this machine: right, and little to gain.
    stays("tokio", "use tokio::fs;", "path: &str", ["fs::read(\"a\")", "fs::metadata(path)"], "fence(local)"),
    stays("tokio", "use tokio::fs;", "path: &str", ["fs::create_dir_all(\"a\")", "fs::read(path)"], "write(create_dir_all)"),
    // Waiting is the point.
    stays("tokio", "use tokio::sync::mpsc::Receiver;", "one: &mut Receiver<u32>, two: &mut Receiver<u32>", ["one.recv()", "two.recv()"], "fence(event)"),
    stays("governor", "use governor::DefaultDirectRateLimiter;", "limit: &DefaultDirectRateLimiter, client: &Client", ["limit.until_ready()", "client.get_user(1)"], "fence(time)"),
];

#[test]
fn facts_say_what_may_be_joined() {
    let mut wrong = Vec::new();
    for case in &CASES {
        let found = blocker(case);
        if found.as_deref() != case.blocker {
            wrong.push(format!("{}: {:?}: {found:?} instead of {:?}", case.krate, case.calls, case.blocker));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_table_of_cases_has_both_kinds() {
    let quiet = CASES.iter().filter(|case| case.blocker.is_some()).count();
    assert!(quiet >= CASES.len() - quiet, "{quiet} of {}", CASES.len());
}

#[test]
fn calls_that_borrow_their_builder_stand_in_blocks() {
    let source = "use alloy::{providers::Provider, sol};\n\
                  sol!(#[sol(rpc)] Token, \"token.json\");\n\
                  pub async fn page(provider: &impl Provider) -> (A, B) {\n    \
                      let token = Token::new(ADDRESS, provider);\n    \
                      let fee = token.fee().call().await;\n    \
                      let name = token.name().call().await;\n    \
                      (fee, name)\n\
                  }\n";
    let dependencies = "[dependencies]\nalloy = \"*\"\ntokio = { version = \"1\", features = [\"macros\"] }\n";
    let folder = tree(&[("Cargo.toml", &(manifest("page") + dependencies)), ("src/lib.rs", source)]);
    let ran = conjoin(folder.path(), &["--diff", "--no-verify"]);
    assert!(ran.stdout.contains("async { token.fee().call().await }"), "{ran:?}");
}

/// What holds the second await back.
fn blocker(case: &Case) -> Option<String> {
    let [one, two] = case.calls;
    let source = format!(
        "{}\npub async fn page({}) -> Option<(A, B)> {{\n    let one = {one}.await;\n    let two = {two}.await;\n    Some((one, two))\n}}\n",
        case.imports, case.params
    );
    let name = case.krate.replace('_', "-");
    let dependencies =
        format!("[dependencies]\n{name} = \"*\"\ntokio = {{ version = \"1\", features = [\"macros\"] }}\n");
    let dependencies = if name == "tokio" {
        "[dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n".to_owned()
    } else {
        dependencies
    };
    let folder = tree(&[("Cargo.toml", &(manifest("page") + &dependencies)), ("src/lib.rs", &source)]);
    let ran = conjoin(folder.path(), &["--why", "src/lib.rs:4"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{source}\n{ran:?}");
    if ran.stdout.contains("waits without") {
        return None;
    }
    // The kind stands behind the sentence, in parentheses of its own.
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let kinds = ["write(", "unknown(", "fence(", "borrow(", "flow(", "move(", "anti(", "control("];
    let start = kinds.iter().filter_map(|kind| text.find(&format!("({kind}"))).min();
    let found = start.and_then(|start| text[start + 1..].split_once(')')).map(|(kind, _)| format!("{kind})"));
    Some(found.unwrap_or(text))
}
