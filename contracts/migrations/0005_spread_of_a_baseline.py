from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0004_meetings_held")]

    operations = [
        migrations.AddField(
            model_name="baseline",
            name="spread",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                max_digits=16,
                null=True,
                verbose_name="spread between persons (standard deviation)",
            ),
        ),
    ]
