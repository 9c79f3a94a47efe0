//! The AuthZEN certification scenario, whole: single evaluations, the same in one batch, and the three searches.

use tests::on_both_databases;

on_both_databases!(the_scenario_passes_whole);

mod stories {
    use serde_json::{Value, json};
    use tests::{Backend, Pep, World};

    const POLICY: &str = include_str!("../../data/certification.yaml");
    const SCENARIO: &str = include_str!("../../data/certification.json");
    const JSON: &str = "application/json";

    async fn post(pep: &Pep, path: &str, body: &Value) -> Value {
        let told = pep.send(path, JSON, body.to_string().into_bytes()).await;
        assert_eq!(told.status, 200, "{path} {body}: {told:?}");
        told.body
    }

    fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
        of[name].as_array().expect("a list")
    }

    pub(super) async fn the_scenario_passes_whole(backend: Backend) {
        let mut world = World::empty(backend).await;
        world.set_secret("CERTIFICATION_KEY", &"certification-".repeat(4));
        world.apply(POLICY).await;
        let replica = world.replica().await;
        let pep = Pep::new(replica.address(), world.secret("CERTIFICATION_KEY"));
        let scenario: Value = serde_json::from_str(SCENARIO).expect("JSON");

        for case in list(&scenario, "evaluations") {
            let told = post(&pep, "/access/v1/evaluation", &case["request"]).await;
            assert_eq!(told["decision"], case["decision"], "{}: {told}", case["name"]);
        }
        let items: Vec<&Value> = list(&scenario, "evaluations").iter().map(|case| &case["request"]).collect();
        let told = post(&pep, "/access/v1/evaluations", &json!({ "evaluations": items })).await;
        let decided: Vec<&Value> = list(&told, "evaluations").iter().map(|item| &item["decision"]).collect();
        let expected: Vec<&Value> =
            list(&scenario, "evaluations").iter().map(|case| &case["decision"]).collect();
        assert_eq!(decided, expected);

        for case in list(&scenario, "searches") {
            let path = case["path"].as_str().expect("a path");
            let told = post(&pep, path, &case["request"]).await;
            for wanted in list(case, "includes") {
                assert!(list(&told, "results").contains(wanted), "{path} {wanted}: {told}");
            }
            assert_eq!(told["page"]["next_token"], "", "{told}");
        }
        for case in list(&scenario, "nothing") {
            let told = post(&pep, case["path"].as_str().expect("a path"), &case["request"]).await;
            assert_eq!(told["results"], json!([]), "{case}");
        }
        replica.stop().await;
    }
}
