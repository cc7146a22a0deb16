namespace ZoneTierFS.Engine.Metadata;

/// <summary>Names an item of the tree. Items are ordered by <paramref name="High"/>, then by <paramref name="Low"/>, both unsigned.</summary>
/// <param name="High">Inode number × 256 + kind of item, so that all items of an inode are neighbours.</param>
/// <param name="Low">What the kind makes of it, for example a file offset or a name's hash.</param>
internal readonly record struct ItemKey(ulong High, ulong Low) : IComparable<ItemKey>
{
    public static ItemKey MinValue => default;

    public static ItemKey MaxValue => new(ulong.MaxValue, ulong.MaxValue);

    public int CompareTo(ItemKey other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public static bool operator <(ItemKey left, ItemKey right) => left.High < right.High || (left.High == right.High && left.Low < right.Low);

    public static bool operator >(ItemKey left, ItemKey right) => right < left;

    public static bool operator <=(ItemKey left, ItemKey right) => !(right < left);

    public static bool operator >=(ItemKey left, ItemKey right) => !(left < right);

    public override string ToString() => $"{High:x}:{Low:x}";
}
