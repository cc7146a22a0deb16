using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Fuzz;
using ZoneTierFS.Fuzz.Images;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Damaged and crafted volumes by the thousand: opening, checking, reading and working on them neither breaks nor shows foreign bytes.</summary>
public sealed class ImageFuzzTests
{
    private const int Mutants = 1000;
    private const int FileMutants = 40;
    private const ulong Seed = 20261124;

    [Fact]
    public void A_thousand_mutants_do_no_harm()
    {
        var run = new ImageRun(Seed, BaseVolume.Options);
        for (var number = 0; number < Mutants; number++)
            run.Judge(number);
        // Mutations that hit nothing, or that are all refused at the door, would prove nothing.
        Assert.Equal(Mutants, run.Refused + run.Damaged + run.Served);
        Assert.InRange(run.Refused, Mutants / 10, Mutants * 7 / 10);
        Assert.InRange(run.Damaged, Mutants / 20, Mutants);
        Assert.InRange(run.Worked, Mutants / 50, Mutants);
    }

    [Fact]
    public void An_engine_that_trusts_the_medium_is_found_out()
    {
        var run = new ImageRun(Seed, BaseVolume.Options with { TrustsItems = true });
        Assert.Contains(Enumerable.Range(0, Mutants), number => Record.Exception(() => run.Judge(number)) is not null);
    }

    [Fact]
    public void Bytes_of_another_file_are_found()
    {
        var bytes = new byte[16 << 10];
        TaggedContent.Fill(bytes, inode: 7, offset: 4096, version: 3);
        TaggedContent.Fill(bytes.AsSpan(1024, 512), inode: 7, offset: 4096 + 1024, version: 9);
        bytes.AsSpan(2048, 512).Clear();
        Assert.Equal(-1, TaggedContent.FindForeign(bytes.AsSpan(0, 10_000), 7, 4096));
        Assert.Equal(0, TaggedContent.FindForeign(bytes, 8, 4096));
        Assert.Equal(0, TaggedContent.FindForeign(bytes, 7, 8192));
        bytes[5000] ^= 1;
        Assert.Equal(4608, TaggedContent.FindForeign(bytes, 7, 4096));
    }

    [Fact]
    public void A_file_that_holds_what_another_one_should_is_found()
    {
        var volume = BaseVolume.Create(Seed, devices: 1);
        Assert.Null(new ImageReader(volume.Files).Read(volume.Newest.Copy(), new SeededRandom(1)));
        var wrong = volume.Files.ToDictionary(file => file.Key, file => file.Value with { Hash = file.Value.Hash + 1 });
        Assert.Throws<FuzzFailure>(() => new ImageReader(wrong).Read(volume.Newest.Copy(), new SeededRandom(1)));
    }

    [Fact]
    public void A_volume_that_is_changed_while_it_is_read_is_found()
    {
        var image = BaseVolume.Create(Seed, devices: 1).Newest.Copy();
        image.Devices[0].IsFrozen = true;
        Assert.Throws<FuzzFailure>(() => new ImageWriter(new SeededRandom(1)).Work(image));
    }

    [Fact]
    public void Memory_beyond_reason_is_found() =>
        Assert.Throws<FuzzFailure>(() => ImageRun.Bounded("a test", ImageRun.ReadBytesMax, () => GC.KeepAlive(new byte[65 << 20])));

    [Fact]
    public void The_same_number_makes_the_same_mutant()
    {
        var (one, other) = (new ImageRun(Seed, BaseVolume.Options), new ImageRun(Seed, BaseVolume.Options));
        Assert.All(Enumerable.Range(0, 12), number => Assert.Equal(one.Describe(number), other.Describe(number)));
        Assert.NotEqual(one.Describe(0), one.Describe(12));
        for (var number = 0; number < 12; number++)
        {
            one.Judge(number);
            other.Judge(number);
        }
        Assert.Equal(one.Summary, other.Summary);
    }

    [Fact]
    public void Image_files_with_a_damaged_head_do_no_harm()
    {
        using var run = new RegionRun(Seed);
        for (var number = 0; number < FileMutants; number++)
            run.Judge(number);
        Assert.DoesNotContain("0 refused as images", run.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 could be read", run.Summary, StringComparison.Ordinal);
    }
}
