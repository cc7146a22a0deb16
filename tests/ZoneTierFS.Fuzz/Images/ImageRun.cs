using System.Globalization;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Makes mutants of a few volumes and judges each: opening, checking and reading it, and for some also working on it.</summary>
internal sealed class ImageRun(ulong seed)
{
    /// <summary>Sound volumes of one run; mutants take turns.</summary>
    private const int Volumes = 12;

    private const int DevicesMax = 3;

    /// <summary>Of so many mutants one is worked on.</summary>
    private const int WorkedOneIn = 4;

    /// <summary>More managed memory for one step means that a number on the medium was believed.</summary>
    private const long AllocatedBytesMax = 64 << 20;

    private readonly Lazy<Base>[] _bases = [.. Enumerable.Range(0, Volumes).Select(index => new Lazy<Base>(() => Base.Create(seed, index)))];
    private int _refused;
    private int _damaged;
    private int _served;
    private int _worked;

    /// <summary>Mutants that could not be opened, for reading.</summary>
    public int Refused => _refused;

    /// <summary>Mutants that could be opened, and in which the check or a reader found something.</summary>
    public int Damaged => _damaged;

    /// <summary>Mutants that look as if nothing had happened to them.</summary>
    public int Served => _served;

    /// <summary>Mutants that were opened for writing, and worked on.</summary>
    public int Worked => _worked;

    /// <summary>What was done to a mutant, in words.</summary>
    public string Describe(int number) => Make(number, out _, out _).Story;

    /// <exception cref="Exception">Whatever a mutant brings about that must not be.</exception>
    public void Judge(int number)
    {
        var mutant = Make(number, out var volume, out var random);
        var isExact = !mutant.IsSealed && volume.KeepsHistory(mutant.Image);
        var reader = new ImageReader(isExact ? volume.Volume.Files : null, judgesBytes: !mutant.IsSealed);
        VolumeException? refusal = null;
        Bounded("reading", () => refusal = reader.Read(mutant.Image, random.Fork(1)));
        Count(ref refusal is not null ? ref _refused : ref reader.Findings.Count + reader.Unreadable > 0 ? ref _damaged : ref _served);
        if (number % WorkedOneIn != 0)
            return;
        Bounded("working", () => refusal = new ImageWriter(random.Fork(2)).Work(mutant.Image));
        if (refusal is not null)
            return;
        Count(ref _worked);
        var again = new ImageReader(files: null, judgesBytes: !mutant.IsSealed);
        Bounded("reading again", () => again.Read(mutant.Image, random.Fork(3)));
    }

    private static void Count(ref int counter) => Interlocked.Increment(ref counter);

    private static void Bounded(string what, Action act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        act();
        if (GC.GetAllocatedBytesForCurrentThread() - before is var allocated and > AllocatedBytesMax)
            throw new FuzzFailure(string.Create(CultureInfo.InvariantCulture, $"{what} took {allocated} bytes of memory"));
    }

    private Mutant Make(int number, out Base volume, out SeededRandom random)
    {
        volume = _bases[number % Volumes].Value;
        random = new SeededRandom(seed).Fork((ulong)number + 1);
        return Mutant.Make(volume.Volume, volume.Other, volume.Parts, random);
    }

    private sealed record Base(BaseVolume Volume, BaseVolume Other, ImageParts Parts)
    {
        public static Base Create(ulong seed, int index)
        {
            var devices = index % DevicesMax + 1;
            var volume = BaseVolume.Create(seed * 1000 + (ulong)index, devices);
            return new Base(volume, BaseVolume.Create(seed * 1000 + 500 + (ulong)index, devices), new ImageParts(volume.Newest, volume.Uuid));
        }

        /// <summary>Superblocks and journal are untouched: what can be read is then of the newest state, not of an older one.</summary>
        public bool KeepsHistory(Image image) => Parts.Live(PartKind.Superblock).Concat(Parts.Live(PartKind.Batch)).All(part => IsSame(image, part.At));

        private bool IsSame(Image image, BlockPlace place)
        {
            if (place.Zone >= image.Devices[place.Device].Zones.Length)
                return false;
            var (now, before) = (image.ZoneOf(place), Volume.Newest.ZoneOf(place));
            return now.Written == before.Written && now.IsFinished == before.IsFinished && now.Blocks.AsSpan().SequenceEqual(before.Blocks);
        }
    }
}
