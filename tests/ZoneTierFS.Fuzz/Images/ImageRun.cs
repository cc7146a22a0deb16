using System.Globalization;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Makes mutants of a few volumes and judges each: opening, checking and reading it, and for some also working on it.</summary>
/// <param name="seed">Decides the volumes, and with a mutant's number the mutant.</param>
/// <param name="options">As mutants are opened.</param>
internal sealed class ImageRun(ulong seed, VolumeOptions options) : IMutantRun
{
    /// <summary>Sound volumes of one run; mutants take turns.</summary>
    private const int Volumes = 12;

    private const int DevicesMax = 3;

    /// <summary>Of so many mutants one is worked on.</summary>
    private const int WorkedOneIn = 4;

    /// <summary>More managed memory than this, all of it counted, for reading one mutant means that a number on the medium was believed.</summary>
    public const long ReadBytesMax = 64 << 20;

    /// <summary>The same for working on one: what is appended and cleaned is counted there, too, and most of it is soon given back.</summary>
    private const long WorkBytesMax = 512 << 20;

    private readonly Lazy<Base>[] _bases = [.. Enumerable.Range(0, Volumes).Select(index => new Lazy<Base>(() => Base.Create(seed, index)))];
    private int _refused;
    private int _damaged;
    private int _served;
    private int _worked;

    public string Summary => $"{_refused} refused, {_damaged} damaged, {_served} without a trace, {_worked} worked on";

    /// <summary>Mutants that could not be opened, for reading.</summary>
    public int Refused => _refused;

    /// <summary>Mutants that could be opened, and in which the check or a reader found something.</summary>
    public int Damaged => _damaged;

    /// <summary>Mutants that look as if nothing had happened to them.</summary>
    public int Served => _served;

    /// <summary>Mutants that were opened for writing, and worked on.</summary>
    public int Worked => _worked;

    public string Describe(int number) => Make(number, out _, out _).Story;

    public void Judge(int number)
    {
        var mutant = Make(number, out var volume, out var random);
        var isExact = !mutant.IsSealed && volume.KeepsHistory(mutant.Image);
        var reader = new ImageReader(isExact ? volume.Volume.Files : null, judgesBytes: !mutant.IsSealed) { Options = options };
        VolumeException? refusal = null;
        Bounded("reading", ReadBytesMax, () => refusal = reader.Read(mutant.Image, random.Fork(1)));
        Count(ref refusal is not null ? ref _refused : ref reader.Findings.Count + reader.Unreadable > 0 ? ref _damaged : ref _served);
        if (number % WorkedOneIn != 0)
            return;
        Bounded("working", WorkBytesMax, () => refusal = new ImageWriter(random.Fork(2)) { Options = options }.Work(mutant.Image));
        if (refusal is not null)
            return;
        Count(ref _worked);
        var again = new ImageReader(files: null, judgesBytes: !mutant.IsSealed) { Options = options };
        Bounded("reading again", ReadBytesMax, () => again.Read(mutant.Image, random.Fork(3)));
    }

    private static void Count(ref int counter) => Interlocked.Increment(ref counter);

    /// <exception cref="FuzzFailure">It took too much memory.</exception>
    public static void Bounded(string what, long bytesMax, Action act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        act();
        if (GC.GetAllocatedBytesForCurrentThread() - before is var allocated && allocated > bytesMax)
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

        /// <summary>
        /// What decides about the newest state is untouched: superblocks, the journal, and the data that its last batches may have shared a flush with. What
        /// can be read is then of that state, not of an older one.
        /// </summary>
        public bool KeepsHistory(Image image) => Parts.Live(PartKind.Superblock).Concat(Parts.Live(PartKind.Batch)).Select(part => part.At)
            .Concat(RecentZones()).All(place => IsSame(image, place));

        /// <summary>Zones of the journal's device that grew after the last moment but two.</summary>
        private IEnumerable<BlockPlace> RecentZones() =>
            from zone in Enumerable.Range(0, Volume.Newest.Devices[0].Zones.Length)
            let place = new BlockPlace(0, zone, 0)
            where Volume.Newest.ZoneOf(place).Written != Volume.Moments[^3].ZoneOf(place).Written
            select place;

        private bool IsSame(Image image, BlockPlace place)
        {
            if (place.Zone >= image.Devices[place.Device].Zones.Length)
                return false;
            var (now, before) = (image.ZoneOf(place), Volume.Newest.ZoneOf(place));
            return now.Written == before.Written && now.IsFinished == before.IsFinished && now.Blocks.AsSpan().SequenceEqual(before.Blocks);
        }
    }
}
