//! The FastMCP example as people run it: a real MCP client calls the real server, which asks before every call.

use tests::on_both_databases;

on_both_databases!(a_fastmcp_server_asks_before_every_call);

/// The two programs of `examples/fastmcp`.
mod python {
    use serde_json::Value;
    use std::io::{BufRead, BufReader};
    use std::net::SocketAddr;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    /// Python with what `requirements.txt` names.
    const PYTHON: &str = "COUNTERSIGN_PYTHON";

    fn python(program: &str) -> Command {
        let python = std::env::var_os(PYTHON).unwrap_or_else(|| {
            panic!("{PYTHON} is not set; `cargo xtask test` makes a virtual environment and sets it")
        });
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/fastmcp");
        let mut command = Command::new(python);
        // Unbuffered, and straight to loopback whatever this machine's way to the internet is.
        command.arg("-u").arg(folder.join(program)).env("NO_PROXY", "*").env("no_proxy", "*");
        command
    }

    /// `server.py`, running.
    #[derive(Debug)]
    pub(super) struct Server {
        child: Child,
        url: String,
    }

    impl Server {
        /// Starts it on a free port and waits until it listens.
        pub(super) fn start(countersign: SocketAddr, key: &str) -> Self {
            let mut child = python("server.py")
                .args(["--port", "0"])
                .env("COUNTERSIGN_URL", format!("http://{countersign}"))
                .env("COUNTERSIGN_KEY", key)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("the program that {PYTHON} names does not start: {error}"));
            let lines = BufReader::new(child.stderr.take().expect("stderr"));
            let (tell, told) = mpsc::channel();
            std::thread::spawn(move || {
                for line in lines.lines().map_while(Result::ok) {
                    // Who waited may be gone; stderr is drained all the same.
                    let _ = tell.send(line);
                }
            });
            let mut server = Self { child, url: String::new() };
            let deadline = Instant::now() + Duration::from_secs(120);
            let mut heard = Vec::new();
            while server.url.is_empty() {
                match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                    Ok(line) => {
                        if let Some(origin) = listening(&line) {
                            server.url = format!("{origin}/mcp");
                        }
                        heard.push(line);
                    }
                    Err(_) => panic!("server.py does not listen:\n{}", heard.join("\n")),
                }
            }
            server
        }

        /// One call with this API key through `call.py`; what it printed about it.
        pub(super) fn call(&self, key: Option<&str>, tool: &str, arguments: &Value) -> Value {
            self.call_under(None, key, tool, arguments)
        }

        /// The same, under a task.
        pub(super) fn call_under(
            &self,
            task: Option<&str>,
            key: Option<&str>,
            tool: &str,
            arguments: &Value,
        ) -> Value {
            let mut command = python("call.py");
            command.args(["--server", &self.url, "--tool", tool, "--arguments", &arguments.to_string()]);
            if let Some(task) = task {
                command.args(["--task", task]);
            }
            match key {
                Some(key) => command.env("COUNTERSIGN_API_KEY", key),
                None => command.env_remove("COUNTERSIGN_API_KEY"),
            };
            let output = command.stdin(Stdio::null()).output().expect("call.py starts");
            let (said, errors) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "call.py {}:\n{said}{errors}", output.status);
            serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}:\n{said}{errors}"))
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            // A story that failed leaves nothing running.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// The address in uvicorn's line about it.
    fn listening(line: &str) -> Option<&str> {
        let (_, after) = line.split_once("Uvicorn running on ")?;
        after.split_whitespace().next()
    }

    #[test]
    fn the_address_is_read_from_uvicorns_line() {
        let line = "INFO:     Uvicorn running on http://127.0.0.1:38771 (Press CTRL+C to quit)";
        assert_eq!(listening(line), Some("http://127.0.0.1:38771"));
        assert_eq!(listening("INFO:     Application startup complete."), None);
    }
}

mod stories {
    use super::python::Server;
    use serde_json::{Value, json};
    use tests::{Backend, World};

    fn refund(amount: u32) -> Value {
        json!({"customer_id": "c-42", "amount": amount, "currency": "EUR"})
    }

    fn customer() -> Value {
        json!({"customer_id": "c-42"})
    }

    fn text(told: &Value) -> &str {
        told["text"].as_str().expect("a text")
    }

    pub(super) async fn a_fastmcp_server_asks_before_every_call(backend: Backend) {
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let server = Server::start(replica.address(), world.secret("CRM_PEP_KEY"));
        let (alice, bob) = (Some(world.secret("ALICE_KEY")), Some(world.secret("BOB_KEY")));

        // Allowed, and in the record under the id that the client was told.
        let allowed = server.call(alice, "refund", &refund(80));
        assert_eq!(allowed["outcome"], "allowed", "{allowed}");
        let id = allowed["decision_id"].as_str().expect("an id");
        assert!(world.store.get_decision(&id.into()).await.expect("reads").is_some(), "{allowed}");

        // Denied by an argument: the agent learns the bound, and the tool did not run.
        let denied = server.call(alice, "refund", &refund(700));
        assert_eq!(denied["outcome"], "denied", "{denied}");
        assert_eq!(denied["reason"], "parameters_out_of_scope", "{denied}");
        assert_eq!(text(&denied), "The call would be allowed if /amount <= 100; it was 700.");
        let read = server.call(bob, "get_customer", &customer());
        assert_eq!(read["outcome"], "allowed", "{read}");
        let read: Value = serde_json::from_str(text(&read)).expect("a customer");
        assert_eq!(read["refunded_cents"], 8_000);

        // A call that waits for a person: the agent learns where it stands, and what to do.
        let waiting = server.call(Some(world.secret("CAROL_KEY")), "refund", &refund(900));
        assert_eq!(waiting["outcome"], "waiting", "{waiting}");
        for part in ["A person must approve", "/requests/", "exactly this call"] {
            assert!(text(&waiting).contains(part), "{waiting}");
        }

        // The task that a call names is asked about: this one is not the caller's, so what passes without it does not.
        let under = server.call_under(Some("no-such-task"), bob, "get_customer", &customer());
        assert_eq!(under["reason"], "task_out_of_scope", "{under}");

        // Nobody, then alice without her role: the same key, the very next call.
        assert_eq!(server.call(None, "refund", &refund(80))["reason"], "token_missing");
        world.apply(include_str!("../../../examples/demo/without-role.yaml")).await;
        let denied = server.call(alice, "refund", &refund(80));
        assert_eq!(denied["outcome"], "denied", "{denied}");
        assert_eq!(denied["reason"], "no_matching_rule", "{denied}");

        // Nobody to ask: nothing runs.
        replica.stop().await;
        let denied = server.call(bob, "get_customer", &customer());
        assert_eq!(denied["outcome"], "denied", "{denied}");
        assert_eq!(denied["reason"], "endpoint_unavailable", "{denied}");
    }
}
