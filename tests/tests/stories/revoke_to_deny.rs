//! Two processes on one Postgres, under load: whatever is taken away through the one, the next call on the other is denied.
//! `cargo xtask bench revoke` does the same a thousand times and measures it.

mod what_one_process_takes_away_the_other_denies_at_once {
    use tests::revoke::revoke;

    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        let seed = u64::from_le_bytes(server::random::bytes()[..8].try_into().expect("eight bytes"));
        let seen = revoke(40, seed).await;
        assert!(seen.wrong.is_empty(), "seed {seed}: {:#?}", seen.wrong);
        assert_eq!(seen.after_acknowledged.len(), 40);
        assert!(seen.revoked.iter().all(|(_, count)| *count > 0), "each kind: {:?}", seen.revoked);
        assert!(seen.load > 0, "nobody called meanwhile");
    }
}
