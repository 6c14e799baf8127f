Shape[] shapes = [new Circle(1.5), new Rectangle(3, 4), new Rectangle(2, 2), new Group([new Circle(1), new Rectangle(1, 5)])];

foreach (var shape in shapes)
    Console.WriteLine($"{Describe(shape),-24}{Area(shape),8:0.00}");

static string Describe(Shape shape) => shape switch
{
    Circle { Radius: < 1 } => "a small circle",
    Circle => "a circle",
    Rectangle(var width, var height) when width == height => "a square",
    Rectangle => "a rectangle",
    Group { Shapes: [var first, ..] } => $"a group with {Describe(first)}",
    _ => "nothing",
};

static double Area(Shape shape) => shape switch
{
    Circle(var radius) => Math.PI * radius * radius,
    Rectangle(var width, var height) => width * height,
    Group(var shapes) => shapes.Sum(Area),
    _ => 0,
};

abstract record Shape;
record Circle(double Radius) : Shape;
record Rectangle(double Width, double Height) : Shape;
record Group(Shape[] Shapes) : Shape;
