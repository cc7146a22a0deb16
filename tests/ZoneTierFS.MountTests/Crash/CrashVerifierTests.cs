using Xunit;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>What the verifier of kills lets pass and what it finds.</summary>
public sealed class CrashVerifierTests
{
    private const int Block = 4096;
    private static readonly CrashStep s_create = new(CrashStepKind.Create, "f");
    private static readonly CrashStep s_first = new(CrashStepKind.Write, "f", Length: 2 * Block, Tag: 1);
    private static readonly CrashStep s_second = new(CrashStepKind.Write, "f", Offset: Block, Length: 2 * Block, Tag: 2);
    private static readonly CrashStep s_sync = new(CrashStepKind.SyncFile, "f");
    private static readonly CrashStep s_rename = new(CrashStepKind.Rename, "f", "g");

    [Fact]
    public void What_was_synced_must_be_there()
    {
        CrashRecord[] records = [Done(s_create), Done(s_first), Synced(s_sync)];
        Assert.Null(Verify(records, After(s_create, s_first)));
        Assert.Contains("none of 1 versions", Verify(records, After(s_create)), StringComparison.Ordinal);
        Assert.Contains("f is missing", Verify(records, CrashTree.Empty), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_synced_may_be_there_in_part()
    {
        CrashRecord[] records = [Done(s_create), Done(s_first), Synced(s_sync), Done(s_second)];
        Assert.Null(Verify(records, After(s_create, s_first)));
        Assert.Null(Verify(records, After(s_create, s_first, s_second)));
        Assert.Null(Verify(records, After(s_create, s_first, s_second with { Length = Block })));
    }

    [Fact]
    public void Bytes_that_nobody_wrote_are_found()
    {
        CrashRecord[] records = [Done(s_create), Done(s_first), Synced(s_sync), Done(s_second)];
        Assert.NotNull(Verify(records, After(s_create, s_first, s_second with { Tag = 3 })));
        Assert.NotNull(Verify(records, After(s_create, s_first, new CrashStep(CrashStepKind.Truncate, "f", Offset: 4 * Block))));
        Assert.NotNull(Verify(records, After(s_create, s_second)));
    }

    [Fact]
    public void A_later_write_without_an_earlier_one_is_found()
    {
        var third = s_second with { Offset = 3 * Block, Tag = 3 };
        CrashRecord[] records = [Done(s_create), Done(s_first), Synced(s_sync), Done(s_second), Done(third)];
        Assert.NotNull(Verify(records, After(s_create, s_first, third)));
    }

    [Fact]
    public void A_rename_is_whole_or_not_at_all_and_stays_once_anything_is_synced()
    {
        CrashRecord[] records = [Done(s_create), Done(s_rename)];
        Assert.Null(Verify(records, After(s_create)));
        Assert.Null(Verify(records, After(s_create, s_rename)));
        Assert.NotNull(Verify(records, After(s_create, new CrashStep(CrashStepKind.Link, "f", "g"))));
        Assert.NotNull(Verify([.. records, Synced(new CrashStep(CrashStepKind.SyncDirectory, "."))], After(s_create)));
    }

    [Fact]
    public void Links_and_attributes_are_compared()
    {
        var link = new CrashStep(CrashStepKind.Link, "f", "g");
        CrashRecord[] records = [Done(s_create), Done(link), Synced(s_sync)];
        Assert.Null(Verify(records, After(s_create, link)));
        Assert.NotNull(Verify(records, After(s_create, new CrashStep(CrashStepKind.Create, "g"))));
        Assert.NotNull(Verify(records, After(s_create, link, new CrashStep(CrashStepKind.SetXattr, "f", "x"))));
    }

    [Fact]
    public void What_was_refused_must_not_have_happened()
    {
        CrashRecord[] records = [Done(s_create), Done(s_rename) with { IsRefused = true }];
        Assert.Null(Verify(records, After(s_create)));
        Assert.NotNull(Verify(records, After(s_create, s_rename)));
    }

    [Fact]
    public void Records_of_the_shared_file_are_whole_in_order_and_complete_as_far_as_acknowledged()
    {
        CrashStep[] steps = [Appended(1), Appended(2), Appended(3)];
        List<CrashRecord> records = [Done(steps[0]), Done(steps[1]), Synced(new CrashStep(CrashStepKind.SharedSync, "-")), Done(steps[2])];
        Assert.Null(VerifyShared(records, [.. Record(1), .. Record(2)]));
        Assert.Null(VerifyShared(records, [.. Record(1), .. Record(2), .. Record(3)]));
        Assert.NotNull(VerifyShared(records, Record(1)));
        Assert.NotNull(VerifyShared(records, [.. Record(2), .. Record(1)]));
        Assert.NotNull(VerifyShared(records, [.. Record(1), .. Record(2), .. Record(4)]));
        Assert.NotNull(VerifyShared(records, [.. Record(1), .. Record(2), .. Record(3)[..32]]));
    }

    private static CrashStep Appended(ulong tag) => new(CrashStepKind.SharedAppend, "-", Length: CrashRecorder.SharedRecordBytes, Tag: tag);

    private static byte[] Record(ulong tag) => CrashContent.Of(tag, CrashRecorder.SharedRecordBytes);

    private static string? VerifyShared(List<CrashRecord> records, byte[] found) => CrashSharedFile.Verify([], found, [records]);

    private static string? Verify(CrashRecord[] records, CrashTree found) => new CrashVerifier(CrashTree.Empty, records).Verify(found);

    private static CrashRecord Done(CrashStep step) => new(step, IsAcknowledged: false, IsRefused: false);

    private static CrashRecord Synced(CrashStep step) => new(step, IsAcknowledged: true, IsRefused: false);

    private static CrashTree After(params CrashStep[] steps)
    {
        var tree = CrashTree.Empty;
        for (var i = 0; i < steps.Length; i++) tree = tree.After(steps[i], 100 + i);
        return tree;
    }
}
